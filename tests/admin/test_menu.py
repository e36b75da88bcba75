"""The menu of each role: what it needs, and the rest in one place (SPEC P1)."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from .clients import english_client, url
from .scene import Scene
from .test_scope import SCOPED
from .test_weight import desk_pages

ENTRY = re.compile(
    r'<li><a href="(?P<link>[^"]+)"(?P<current> aria-current="page")? [^>]*>'
    r'<span class="material-symbols-outlined[^>]* aria-hidden="true">\w+</span>'
    r"<span>(?P<title>[^<]+)</span>"
)
GATHERED = re.compile(r'<li><a class="d-link d-strong" href="([^"]+)">([^<]+)</a>')

VIEWER = [
    "Overview", "Alerts", "Workbench", "Tickets", "Orders", "Refunds", "Shipping alerts",
]  # fmt: skip
AGENT = [*VIEWER, "Suggestions to take over"]
LEAD = [
    *AGENT, "Re-opened windows", "Files from the back office", "Strategies", "Texts for buyers",
]  # fmt: skip
ADMINISTRATOR = [
    *AGENT, "Re-opened windows", "Files from the back office", "Wallet and deposit",
    "Strategies", "Trial runs", "Decisions", "Shop settings", "Texts for buyers",
]  # fmt: skip
OWNER = [*ADMINISTRATOR, "Shops", "Audit trail"]
MENUS = {
    "viewer": [*VIEWER, "More pages"],
    "cs_agent": [*AGENT, "More pages"],
    "cs_manager": [*LEAD, "More pages"],
    "admin": [*ADMINISTRATOR, "More pages"],
    "owner": [*OWNER, "More pages", "Raw tables"],
    "operator": [
        *OWNER, "Users", "Payment stops", "Fast-refund rules", "How the machine does",
        "More pages", "Raw tables",
    ],
    "of no shop": ["Overview"],
}  # fmt: skip
MORE = {
    "viewer": [
        "Suggestions to take over", "Re-opened windows", "Files from the back office",
        "Wallet and deposit", "Strategies", "Trial runs", "Decisions", "Shop settings",
        "Texts for buyers", "Shops", "Members", "Blocked buyers",
    ],
    "owner": ["Advice", "Members", "Blocked buyers"],
}  # fmt: skip
MORE["cs_agent"] = MORE["viewer"][1:]
MORE["cs_manager"] = [title for title in MORE["cs_agent"] if title not in LEAD]
MORE["admin"] = ["Advice", "Shops", "Members", "Blocked buyers"]
MORE["operator"] = MORE["owner"]
# Lists with a page of their own in the menu, or beside one.
IN_ANOTHER_FORM = {"/admin/aftersale/fund/", "/admin/strategies/strategy/"}
FROM_ANOTHER_PAGE = {
    "/admin/strategies/review/", "/admin/dashboard/rows/", "/admin/reject-texts/offers/",
}  # fmt: skip


@pytest.fixture
def clients(own: Scene, operator: User) -> dict[str, Client]:
    people = {role: own.people[role] for role in MORE if role != "operator"}
    people |= {
        "operator": operator,
        "of no shop": User.objects.create_user("stranger", is_staff=True),
    }
    return {role: english_client(person) for role, person in people.items()}


def menu_of(client: Client, at: str) -> dict[str, str]:
    """Titles and addresses, in their order."""
    page = client.get(at).content.decode()
    return {found["title"]: found["link"] for found in ENTRY.finditer(page)}


def gathered(client: Client, at: str) -> dict[str, str]:
    page = client.get(reverse(at)).content.decode()
    return {title: link for link, title in GATHERED.findall(page)}


def test_each_role_has_what_it_needs(clients: dict[str, Client]) -> None:
    for role, client in clients.items():
        at = reverse("desk:more-pages" if role in MORE else "admin:index")
        assert list(menu_of(client, at)) == MENUS[role], role
        if role in MORE:
            assert list(gathered(client, "desk:more-pages")) == MORE[role], role
    assert len(MENUS["cs_agent"]) == 9


def test_no_entry_leads_to_a_closed_page(
    clients: dict[str, Client], request: pytest.FixtureRequest
) -> None:
    links = {}
    for role, client in clients.items():
        links[role] = menu_of(client, reverse("desk:more-pages"))
        links[role] |= gathered(client, "desk:more-pages")
        if role in ("owner", "operator"):
            links[role] |= gathered(client, "desk:raw-tables")
    # Whether a page opens is known before it is rendered.
    request.getfixturevalue("unrendered")
    leads_on = reverse("desk:shop-settings-chooser")
    for role, client in clients.items():
        for title, link in links[role].items():
            expected = 302 if link == leads_on else 200
            assert client.get(link).status_code == expected, (role, title)


def test_everything_is_reached_from_the_menu(clients: dict[str, Client]) -> None:
    for role, client in clients.items():
        if role == "of no shop":
            continue
        links = set(menu_of(client, reverse("desk:more-pages")).values())
        links |= set(gathered(client, "desk:more-pages").values())
        missing = set(desk_pages()) - links - FROM_ANOTHER_PAGE
        assert missing == set(), role
        if role not in ("owner", "operator"):
            continue
        links |= set(gathered(client, "desk:raw-tables").values())
        models = admin.site._registry if role == "operator" else SCOPED
        lists = {url(model, "changelist") for model in models}
        assert lists - links == IN_ANOTHER_FORM, role


def current(client: Client, at: str) -> list[str]:
    page = client.get(at).content.decode()
    return [found["title"] for found in ENTRY.finditer(page) if found["current"]]


def test_the_entry_of_the_page_is_marked(own: Scene, clients: dict[str, Client]) -> None:
    """What is beyond the menu belongs to the entry that gathers it."""
    agent, owner = clients["cs_agent"], clients["owner"]
    of = {model._meta.model_name: url(model, "change", own.row(model).pk) for model in SCOPED}
    assert current(agent, reverse("desk:more-pages")) == ["More pages"]
    assert current(agent, of["ticket"]) == ["Tickets"]
    assert current(agent, of["decision"]) == ["More pages"]
    assert current(owner, of["decision"]) == ["Decisions"]
    assert current(owner, of["refundattempt"]) == ["Raw tables"]
    assert current(agent, of["refundattempt"]) == []
