"""Secrets at rest: what stands in the database can be opened with the SECRET_KEY only.

A key that was changed goes on opening what it sealed as long as SECRET_KEY_FALLBACKS has it.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# A key of its own for this use: the SECRET_KEY signs sessions too.
_USE = b"afterdesk secrets at rest"


class SecretUnreadable(Exception):
    """Sealed with a key that is neither the SECRET_KEY nor among its fallbacks, or damaged."""


def seal(text: str) -> str:
    """The text, encrypted; sealing it again gives another text."""
    return _box().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """The sealed text; raises SecretUnreadable."""
    try:
        return _box().decrypt(text.encode()).decode()
    except (InvalidToken, UnicodeError) as error:
        raise SecretUnreadable("No key of this installation opens it.") from error


def reseal(text: str) -> str | None:
    """The text sealed with the present SECRET_KEY; None if it is already. Raises SecretUnreadable.

    So an earlier key need not stay among the fallbacks for ever.
    """
    try:
        _fernet(settings.SECRET_KEY).decrypt(text.encode())
    except (InvalidToken, UnicodeError):
        return seal(unseal(text))
    return None


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_fernet(key) for key in keys])


@lru_cache(maxsize=8)
def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_USE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
