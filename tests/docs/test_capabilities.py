"""docs/platforms.md, e8: what people can do on each platform is what the connectors declare."""

from django.utils import translation

from aftersale.platforms import registry
from aftersale.platforms.capabilities import BY_HAND, Can
from tests.docs.citations import DOCS


def table() -> str:
    """The table as the page has to have it: copy it from here after a change."""
    with translation.override("en"):
        sets = {registry.name_of(code): registry.capabilities(code) for code in registry.PLATFORMS}
        sets["sandbox, by hand"] = BY_HAND
        rows = [["", *sets], ["---"] * (len(sets) + 1)]
        rows += [
            [str(can.label), *("yes" if can in one else "–" for one in sets.values())]
            for can in Can
        ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_the_table_is_that_of_the_code() -> None:
    assert table() in (DOCS / "platforms.md").read_text()
