"""The version stands in pyproject.toml alone; the changelog has a section for it."""

from config.postgres import BASE_DIR
from config.version import VERSION


def test_the_changelog_has_a_section_for_this_version() -> None:
    lines = (BASE_DIR / "CHANGELOG.md").read_text().splitlines()
    assert [line for line in lines if line.startswith(f"## {VERSION}, ")] != []
