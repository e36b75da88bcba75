"""Rules, pages and sections that code, tests and docs cite exist."""

from pathlib import Path

from tests.docs.citations import (
    OTHERS_FILES,
    PAGES,
    ROOT,
    files,
    headings,
    platform_sections,
    rules,
    wrong_citations,
)
from tests.each import each


def test_every_citation_leads_somewhere() -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in files()
        if path != Path(__file__)
        and (found := wrong_citations(path.read_text(), pages=OTHERS_FILES not in path.parents))
    }
    assert wrong == {}


def test_the_pages_have_rules_and_sections_to_cite() -> None:
    assert {"O1", "S3", "T8", "E5", "F2", "H2", "G4", "P7", "W4", "M7"} <= rules()
    assert {"section 1", "section 11", "promise 3"} <= rules()
    assert {"b2", "d1", "e6"} <= platform_sections()
    assert {"values", "records", "commands", "simulate"} <= headings("INTERFACES")
    assert all(headings(page) for page in PAGES)


@each(
    "text",
    [
        "as SPEC E99 says",
        "(SPEC T2, T99)",
        "(SPEC O3 to O77)",
        "(SPEC T1-T88)",
        "(SPEC E8, promise 4)",
        "SPEC section 14",
        "SPEC sections 3 to 16",
        "SPEC 3",
        "# a comment that goes on (SPEC\n    # O99)",
        "PLATFORMS z9",
        "PLATFORMS b3, b4, b9",
        "INTERFACES, Gadgets",
        "PERFORMANCE, Listings",
        "ARCHITECTURE idea 9",
        "ARCHITECTURE, The oracle",
        "docs/adr/0099",
        "[why](adr/0099-nothing.md)",
        "docs/nowhere.md",
        "see SPEC.md",
        "(issue 13)",
        "issue point 6",
        "(issue: the engine)",
        "Issues 3 and 4",
    ],
)
def test_a_wrong_citation_is_found(text: str) -> None:
    assert wrong_citations(text) != []


@each(
    "text",
    [
        "SPEC E5",
        "SPEC E3 `time_limit` and SPEC S1 post_ship_return, O2",
        "SPEC T1-T8, E1, G2, P1; SPEC section 1, S1, T1",
        "SPEC promises 1 and 2, E6, E7",
        "the rule (SPEC\n# O5) holds",
        "PLATFORMS b3 to b5, and PLATFORMS[account.platform]",
        "INTERFACES, Records; INTERFACES, `simulate`; INTERFACES, enable",
        "INTERFACES says so; PERFORMANCE, Lists",
        "ARCHITECTURE idea 3; ARCHITECTURE, The evaluator",
        "docs/adr/0004 and docs/locking.md",
    ],
)
def test_a_right_citation_is_not(text: str) -> None:
    assert wrong_citations(text) == []
