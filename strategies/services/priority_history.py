"""Author and time of the present order of priorities (SPEC T5)."""

from itertools import pairwise

from strategies.models import RulebookRevision

# How far back to look: somebody saw the earlier order, so it changed a moment ago.
_NEWEST = 50


def latest_change(shop_id: int, scenario: str) -> RulebookRevision | None:
    """The newest rulebook that changed the scenario's order."""
    newest = RulebookRevision.objects.filter(shop=shop_id).select_related(
        "created_by", "created_token"
    )
    rulebooks = newest.order_by("-number")[:_NEWEST].iterator(chunk_size=5)
    for later, earlier in pairwise(rulebooks):
        if _order(later, scenario) != _order(earlier, scenario):
            return later
    return None


def _order(rulebook: RulebookRevision, scenario: str) -> list[int]:
    entries = [entry for entry in rulebook.content["strategies"] if entry["scenario"] == scenario]
    return [entry["id"] for entry in sorted(entries, key=lambda entry: entry["priority"])]
