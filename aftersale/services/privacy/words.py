"""A buyer's own words in the history of a ticket (SPEC P7, O7)."""

from typing import Any

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


def without_words_of(buyer: str, answer: Any) -> Any:
    """An answer of the API without what the buyer wrote and showed, in whatever record of theirs it
    stands."""
    match answer:
        case list():
            return [without_words_of(buyer, one) for one in answer]
        case dict():
            found = {name: without_words_of(buyer, value) for name, value in answer.items()}
            return found | _blank(found) if found.get("buyer") == buyer else found
    return answer


def _blank(record: dict[str, Any]) -> dict[str, Any]:
    blank: dict[str, Any] = {"note": "", "evidence": []}
    found = {name: value for name, value in blank.items() if name in record}
    if isinstance(events := record.get("events"), list):
        # In the language of the program that asked.
        found["events"] = [event | {"note": _cut_in_any(event.get("note"))} for event in events]
    return found


def _cut_in_any(text: str | None) -> str | None:
    for code in _LABELS[0].texts if text else ():
        text = _cut(code, text or "")
    return text


def _cut(code: str, text: str) -> str:
    found = [text.find(label.texts[code] + colon) for label in _LABELS for colon in (": ", "：")]
    first = min((place for place in found if place >= 0), default=None)
    return text if first is None else f"{text[:first]}–"
