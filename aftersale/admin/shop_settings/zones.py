"""Time zones by the names that people know, in the language of the page."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from babel.dates import get_timezone_location


def choices(chosen: str, language: str) -> list[tuple[str, str]]:
    """From west to east; the chosen zone is always among them."""
    offered = _offered(language)
    if any(zone == chosen for zone, _label in offered):
        return offered
    return [(chosen, chosen), *offered]


def label(zone: str, language: str) -> str:
    return dict(_offered(language)).get(zone, zone)


@lru_cache(maxsize=4)
def _offered(language: str) -> list[tuple[str, str]]:
    """Each place once, with its offset of the first of January."""
    chinese = language.startswith("zh")
    january = datetime(2026, 1, 1, tzinfo=UTC)
    found = []
    for zone in available_timezones() - set(get_global("zone_aliases")):
        if "/" not in zone or zone.startswith("Etc/"):
            continue
        place = get_timezone_location(zone, locale="zh_Hans_CN" if chinese else "en")
        if chinese and re.search("[A-Za-z]", place):
            continue  # has no name in Chinese
        offset = january.astimezone(ZoneInfo(zone))
        found.append((offset.utcoffset(), place, zone, f"UTC{offset:%z}"))
    return [
        (zone, f"{place} ({utc[:-2]}:{utc[-2:]})") for _offset, place, zone, utc in sorted(found)
    ]
