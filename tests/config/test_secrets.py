"""Secrets at rest open with the key of the installation only, an earlier one among them."""

import pytest

from config.secrets import SecretUnreadable, seal, unseal


def test_what_is_sealed_opens_again_and_shows_nothing(settings):
    settings.SECRET_KEY = "one"
    sealed = seal("whsec_密钥")
    assert "whsec" not in sealed and seal("whsec_密钥") != sealed
    assert unseal(sealed) == "whsec_密钥"


def test_an_earlier_key_still_opens_and_the_new_one_seals(settings):
    settings.SECRET_KEY = "one"
    old = seal("text")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "two", ["one"]
    assert unseal(old) == "text"
    new = seal("text")
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(new) == "text"
    with pytest.raises(SecretUnreadable):
        unseal(old)


@pytest.mark.parametrize("text", ["", "x", "gAAAAAB", "é", "a" * 200])
def test_damaged_text_is_named_as_such(text):
    with pytest.raises(SecretUnreadable):
        unseal(text)
