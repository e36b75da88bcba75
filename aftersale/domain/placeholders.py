"""Texts with placeholders, like "{ticket_no}", that are filled with a ticket's facts (SPEC P2).

A fixed list and one pass: filled-in text is not scanned again, so that no buyer can put a
placeholder into a name; unknown placeholders are never sent.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

PLACEHOLDERS: dict[str, Any] = {
    "ticket_no": gettext_lazy("ticket number"),
    "order_no": gettext_lazy("order number"),
    "amount": gettext_lazy("amount in yuan, like 59.90"),
    "product": gettext_lazy("what was bought"),
    "shop": gettext_lazy("your shop's name"),
    "buyer": gettext_lazy("the buyer's name"),
    "applied_at": gettext_lazy("when the buyer applied"),
    "reason": gettext_lazy("the buyer's own reason"),
}
# Stands for an unknown fact.
NEUTRAL: dict[str, Any] = {
    "buyer": pgettext_lazy("unknown buyer", "customer"),
    "product": pgettext_lazy("unknown product", "the goods"),
    "reason": pgettext_lazy("unknown reason", "the reason given"),
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACES = re.compile(r"[{}]")
# Text that a person may have meant as a placeholder, here or in another program.
_LEFT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\s*[A-Za-z_][\w.]*\s*\}|%\(\w+\)\w")


def problem(text: str) -> str:
    """The error in a text's placeholders, naming the placeholder; "" if all are right."""
    for found in _PLACEHOLDER.finditer(text):
        if found[1] not in PLACEHOLDERS:
            return _("There is no placeholder %(name)s. There are: %(known)s.") % {
                "name": found[0],
                "known": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS),
            }
    if brace := _BRACES.search(_PLACEHOLDER.sub("", text)):
        return _("A brace without its partner: %s") % brace[0]
    return ""


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with the facts in place; a fact that is missing gets a neutral word."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return facts.get(name) or str(NEUTRAL.get(name, ""))

    # Split first: a brace inside a filled-in value stays part of the value.
    parts, end = [], 0
    for found in _PLACEHOLDER.finditer(text):
        parts += [_BRACES.sub("", text[end : found.start()]), value(found)]
        end = found.end()
    return "".join([*parts, _BRACES.sub("", text[end:])])


def left_in(text: str) -> str:
    """The first placeholder that still stands in a text that is about to be sent, or ""."""
    found = _LEFT.search(text)
    return found[0] if found else ""
