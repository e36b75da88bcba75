"""Passwords that are guessed first: a known word dressed up, runs on the keyboard (SPEC P5).

Django refuses those that were breached often, as they stand. Guessing programs also try them with
digits behind, with signs for letters (`P@ssw0rd`) and in a row: what is left without all that must
be enough by itself.
"""

import re

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_LEFT = 5
"""At least this many characters must be left."""

_KNOWN = """
    afterdesk aftersale administrator password passwort welcome letmein iloveyou woaini qwerty
    admin login shouhou tuikuan dianpu kefu mima kuaishou douyin taobao tmall pinduoduo
    xiaohongshu weixin wechat jingdong
"""
# The longest first: one may be part of another.
_WORDS = sorted(_KNOWN.split(), key=len, reverse=True)
_SIGNS = str.maketrans("@4310$5!7+", "aaeiossitt")
_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()",
)
_SHORTEST_RUN = 3
_YEAR = re.compile(r"(?:19|20)\d\d")
_REPEATED = re.compile(r"(.{1,4}?)\1+")


class ObviousPasswordValidator:
    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: User | None = None) -> None:
        lower = password.lower()
        if min(self._left(lower), self._left(lower.translate(_SIGNS))) < _LEFT:
            raise ValidationError(
                _(
                    "This password would be among the first guesses: a known word, a row of the"
                    " keyboard or digits. Take several words that don't belong together."
                ),
                code="password_obvious",
            )

    def get_help_text(self) -> str:
        return _("No known word with digits, no row of the keyboard.")

    def _left(self, text: str) -> int:
        """How many characters nobody would guess first."""
        for word in _WORDS:
            text = text.replace(word, "")
        text = _REPEATED.sub(r"\1", _YEAR.sub("", _without_runs(text)))
        letters = "".join(filter(str.isalpha, text))
        if letters in self.common:
            text = ""
        return len(set(text))


def _without_runs(text: str) -> str:
    kept, at = [], 0
    while at < len(text):
        length = _run_at(text, at)
        if length:
            at += length
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _run_at(text: str, at: int) -> int:
    """The length of the run that begins here; 0 where none does."""
    longest = 0
    for row in _ROWS:
        for line in (row, row[::-1]):
            length = 0
            while at + length < len(text) and text[at : at + length + 1] in line:
                length += 1
            longest = max(longest, length)
    return longest if longest >= _SHORTEST_RUN else 0
