"""A buyer's own words in the history of a ticket (SPEC P7, O7)."""

from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import MultilingualText, said

# The labels after which an event quotes what a buyer wrote and showed; nothing but further changes
# of note and pictures comes behind them (aftersale/services/ingest/ticket_changes.py).
_LABELS = (said(gettext_lazy("Buyer's note")), said(gettext_lazy("Pictures")))


def without_words(note: str) -> str:
    """An event's note up to where it quotes the buyer."""
    if isinstance(note, MultilingualText):
        return MultilingualText({code: _cut(code, text) for code, text in note.texts.items()})
    return note


def _cut(code: str, text: str) -> str:
    found = [text.find(label.texts[code] + colon) for label in _LABELS for colon in (": ", "：")]
    first = min((place for place in found if place >= 0), default=None)
    return text if first is None else f"{text[:first]}–"
