"""The menu of one person, and what is beyond it (config/menu.py says who has what)."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.module_loading import import_string

from config.menu import ANYBODY, GROUPS, NOBODY, RAW_TABLES

Group = dict[str, Any]
Wanted = Callable[[dict[str, Any], "_Rights"], bool]


class _Rights:
    """Answers by name, each asked once."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._known: dict[str, bool] = {ANYBODY: True, NOBODY: False}

    def has(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = import_string(name)(self._request)
        return self._known[name]


def navigation(request: HttpRequest) -> list[Group]:
    """The entries that this person has, the current one marked, some with a count."""
    found = _groups(request, GROUPS, lambda entry, rights: rights.has(entry["menu"]))
    entries = [entry for group in found for entry in group["items"]]
    # The longest address that the page's begins with: a case is under its list.
    under = [entry for entry in entries if _leads_to(entry, request.path)]
    current = max(under, key=lambda entry: len(entry["link"]), default=None)
    if current is None:
        current = _gathering(request, entries)
    if current is not None:
        current["active"] = True
    for entry in entries:
        if entry["badge"]:
            entry["count"] = import_string(entry["badge"])(request)
    return found


def more_pages(request: HttpRequest) -> list[Group]:
    """Pages that this person may open and does not have in the menu."""
    return _groups(
        request,
        GROUPS,
        lambda entry, rights: rights.has(entry["opens"]) and not rights.has(entry["menu"]),
    )


def raw_tables(request: HttpRequest) -> list[Group]:
    return _groups(request, RAW_TABLES, lambda entry, rights: rights.has(entry["opens"]))


def _groups(request: HttpRequest, groups: list[Group], wanted: Wanted) -> list[Group]:
    rights = _Rights(request)
    found = []
    for group in groups:
        entries = [
            entry | {"link": _address(entry["page"], get_script_prefix()), "active": False}
            for entry in group["items"]
            if wanted(entry, rights)
        ]
        if entries:
            found.append({"title": group.get("title", ""), "items": entries})
    return found


@cache
def _address(page: str, prefix: str) -> str:
    """Looked up once: the menu stands on every page. It begins with the prefix."""
    return reverse(page)


def _leads_to(entry: dict[str, Any], path: str) -> bool:
    # All pages are under the overview's address.
    overview = entry["page"] == "admin:index"
    return path == entry["link"] if overview else path.startswith(entry["link"])


def _gathering(request: HttpRequest, entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The entry that gathers the page one is on."""
    beyond = (("desk:more-pages", more_pages), ("desk:raw-tables", raw_tables))
    for name, groups in beyond:
        if any(_leads_to(one, request.path) for group in groups(request) for one in group["items"]):
            return next((entry for entry in entries if entry["page"] == name), None)
    return None
