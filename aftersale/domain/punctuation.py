"""Marks between texts that the program puts together, as the reader's language has them.

Chinese has full-width ones, and one of its own between the things of a list.
"""

from django.utils.translation import pgettext_lazy

COLON = pgettext_lazy("punctuation", ": ")
COMMA = pgettext_lazy("punctuation", ", ")
SEMICOLON = pgettext_lazy("punctuation", "; ")
BRACKETED = pgettext_lazy("punctuation", "%s (%s)")
