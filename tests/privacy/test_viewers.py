"""Viewers see buyers' numbers masked, find nobody by them and export nothing (SPEC P1)."""

from typing import Any

import pytest
from django.urls import reverse

from aftersale.domain.masking import masked, without_phones
from aftersale.domain.multilingual import MultilingualText
from aftersale.models import (
    ApprovalRequest,
    BlockedBuyer,
    Order,
    PlatformStep,
    Role,
    Ticket,
    TicketEvent,
)
from aftersale.services.access import masks
from aftersale.services.access.rights import Right, may
from strategies.models import Decision
from tests.admin.clients import client_of
from tests.admin.scene import Scene, make
from tests.api.addresses import addresses
from tests.api.program import Program, program
from tests.factories import make_shop, make_user

from .talk import PHONE, talk_everywhere

pytestmark = pytest.mark.django_db
BUYER, MASKED = "mine-buyer", "m***er"


@pytest.fixture
def scene() -> Scene:
    return make("mine", "owner", "cs_agent", "viewer")


@pytest.mark.parametrize(
    ("buyer", "shown"),
    [
        ("", ""),
        ("b-7", "b***"),
        ("小林", "小***"),
        ("1234567", "1***"),
        ("12345678", "1***78"),
        ("erased-0123456789abcdef", "erased-0123456789abcdef"),
        ("?20261121001", "?20261121001"),
    ],
)
def test_enough_to_tell_them_apart(buyer: str, shown: str) -> None:
    assert masked(buyer) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call 13800138000!", "call 1***00!"),
        ("电话138 0013 8000，或+86-13900139001", "电话1***00，或+***01"),
        ("0571-88886666 or 01088886666", "0***66 or 0***66"),
        # Numbers of orders, tickets and parcels, amounts and moments.
        (
            "order 2026112013800138000, SF1380013800012",
            "order 2026112013800138000, SF1380013800012",
        ),
        ("¥13,800.00 at 2026-11-20 13:33:21", "¥13,800.00 at 2026-11-20 13:33:21"),
    ],
)
def test_telephone_numbers_in_texts(text: str, shown: str) -> None:
    assert without_phones(text) == shown


def test_by_role_and_shop() -> None:
    """A viewer here may be an agent there; nobody who looks is a command."""
    here, there = make_shop(), make_shop()
    user = make_user(here, Role.VIEWER)
    there.memberships.create(user=user, role=Role.CS_AGENT)
    assert masks.shown_buyer(BUYER, here.pk) == BUYER
    with masks.looking(lambda shop: may(user, shop, Right.SEE_BUYERS)):
        assert masks.shown_buyer(BUYER, here.pk) == MASKED
        assert masks.shown_buyer(BUYER, there.pk) == BUYER
        assert masks.shown_buyer(BUYER) == MASKED
        text = MultilingualText({"en": f"to {BUYER}", "zh-hans": f"给{BUYER}"})
        said: Any = masks.shown_text(text, BUYER, here.pk)
        assert said.texts == {"en": f"to {MASKED}", "zh-hans": f"给{MASKED}"}
    assert masks.shown_buyer(BUYER, here.pk) == BUYER
    with masks.looking(lambda shop: may(make_user(), shop, Right.SEE_BUYERS)):
        assert masks.shown_buyer(BUYER, here.pk) == MASKED


def test_lists_and_pages(scene: Scene) -> None:
    """The walk of tests/admin/test_roles.py sees no number; here is what stands instead."""
    ticket = scene.row(Ticket)
    TicketEvent.objects.create(
        ticket=ticket, at=ticket.applied_at, kind="note", actor="person", note=f"told {BUYER}"
    )
    pages = [
        reverse("admin:aftersale_order_changelist"),
        reverse("admin:aftersale_order_change", args=[scene.row(Order).pk]),
        reverse("admin:aftersale_ticket_change", args=[ticket.pk]),
        reverse("admin:aftersale_ticketevent_changelist"),
        reverse("admin:strategies_decision_change", args=[scene.row(Decision).pk]),
        reverse("desk:case", args=[ticket.pk]),
    ]
    viewer, agent = client_of(scene.people["viewer"]), client_of(scene.people["cs_agent"])
    for page in pages:
        text = viewer.get(page).content.decode()
        assert MASKED in text and BUYER not in text, page
        assert BUYER in agent.get(page).content.decode(), page


def test_texts_of_a_case(scene: Scene) -> None:
    """Internal notes, words that wait for a second person, and what a platform was told."""
    ticket = scene.row(Ticket)
    Ticket.objects.filter(pk=ticket.pk).update(flags=["second_person"])
    TicketEvent.objects.create(
        ticket=ticket, at=ticket.applied_at, kind="internal", actor="person", note=f"of {BUYER}"
    )
    ApprovalRequest.objects.create(
        shop=scene.shop, ticket=ticket, kind="negotiate", amount=1, alone_up_to=0, together=1,
        arguments={"message": f"dear {BUYER}"}, requested_by=scene.people["owner"],
        requested_at=ticket.applied_at,
    )  # fmt: skip
    PlatformStep.objects.create(
        shop=scene.shop, ticket=ticket, order=ticket.order, kind="note", at=ticket.applied_at,
        details={"text": f"sent {BUYER}"}, state="declined", reason=f"not of {BUYER}",
    )  # fmt: skip
    page = reverse("desk:case", args=[ticket.pk])
    for user, shown in (("viewer", MASKED), ("cs_agent", BUYER)):
        text = client_of(scene.people[user]).get(page).content.decode()
        internal = text.split("wb-internal", 1)[1].split("</p>", 1)[0]
        assert f"of {shown}" in internal, user
        for words in (f"dear {shown}", f"sent {shown}", f"not of {shown}"):
            assert words in text, (user, words)
        assert (BUYER in text) == (user == "cs_agent")


def test_a_second_persons_note_by_token(scene: Scene) -> None:
    ticket = scene.row(Ticket)
    ApprovalRequest.objects.create(
        shop=scene.shop, ticket=ticket, kind="approve", amount=1, alone_up_to=0, together=1,
        state="declined", note=f"not to {BUYER}", requested_by=scene.people["owner"],
        requested_at=ticket.applied_at, settled_by=scene.people["cs_agent"],
        settled_at=ticket.applied_at,
    )  # fmt: skip
    owners = program(scene.shop, scene.people["owner"], "read")
    address = f"/tickets/{ticket.ticket_no}"
    for reader, shown in ((of_a_viewer(scene), MASKED), (owners, BUYER)):
        asked = reader.get(address).content["second_person"]
        assert asked["note"] == f"not to {shown}"


def test_nobody_is_found_by_letters(scene: Scene) -> None:
    """Else a masked number is found out one letter after the other."""
    number = scene.row(Ticket).ticket_no
    lists = ["admin:aftersale_order_changelist", "admin:aftersale_ticket_changelist"]
    for user, finds in (("viewer", False), ("cs_agent", True)):
        client = client_of(scene.people[user])
        for name in lists:
            page = client.get(reverse(name), {"q": "mine-buy"}).context["cl"].result_count
            assert bool(page) == finds, (user, name)
        assert client.get(reverse(lists[1]), {"q": number}).context["cl"].result_count == 1
        workbench = client.get(reverse("desk:workbench"), {"q": "mine-buy"}).content.decode()
        assert (number in workbench) == finds
        blocked = client.get(reverse("admin:aftersale_blockedbuyer_changelist"), {"q": "mine-b"})
        assert bool(blocked.context["cl"].result_count) == finds
        guards = client.get(reverse("desk:shop-guards", args=[scene.shop.pk]), {"q": "zzz"})
        assert ("m***ed" in guards.content.decode()) != finds


def test_exports_are_refused(scene: Scene) -> None:
    for kind in ("csv", "xlsx"):
        page = reverse("automation:decisions-export", args=[kind])
        assert client_of(scene.people["viewer"]).get(page).status_code == 403
        assert client_of(scene.people["cs_agent"]).get(page).status_code == 200
    search = reverse("admin:strategies_decision_changelist")
    assert "x-export" not in client_of(scene.people["viewer"]).get(search).content.decode()
    assert "x-export" in client_of(scene.people["cs_agent"]).get(search).content.decode()


def test_an_export_is_of_the_shops_where_the_role_allows_it(scene: Scene) -> None:
    other = make("other", "owner")
    scene.shop.memberships.filter(user=scene.people["viewer"]).update(role=Role.CS_AGENT)
    other.shop.memberships.create(user=scene.people["viewer"], role=Role.VIEWER)
    page = reverse("automation:decisions-export", args=["csv"])
    response = client_of(scene.people["viewer"]).get(page)
    content = response.getvalue().decode()
    assert "mine-ticket" in content and "other-ticket" not in content


def of_a_viewer(scene: Scene) -> Program:
    """Whoever made the token was an owner then."""
    own = scene.shop.memberships.filter(user=scene.people["viewer"])
    own.update(role=Role.OWNER)
    made = program(scene.shop, scene.people["viewer"], "read")
    own.update(role=Role.VIEWER)
    return made


def test_a_viewers_token_reads_masked(scene: Scene) -> None:
    """SPEC P1, P7: a token never has more than its maker's role, in texts neither."""
    spoken = talk_everywhere(scene)
    assert {"Ticket.note", "Refund.failure", "FundEntry.note", "AfterSaleWindow.agreement"} < spoken
    viewers = of_a_viewer(scene)
    owners = program(scene.shop, scene.people["owner"], "read")
    seen, spoken_of = set(), set()
    for address in addresses():
        if address.method != "GET" or address.line.owners_read:
            continue
        text = viewers.call("GET", address.of(scene)).response.getvalue().decode()
        assert BUYER not in text and '"mine-blocked"' not in text and PHONE not in text, address
        full = owners.call("GET", address.of(scene)).response.getvalue().decode()
        if BUYER in full:
            seen.add(address.name)
            assert MASKED in text, address
        if PHONE in full:
            spoken_of.add(address.name)
            assert "1***00" in text, address
    assert len(seen) >= 4 and len(spoken_of) >= 6


def test_a_viewers_token_asks_for_nobody(scene: Scene) -> None:
    viewers = of_a_viewer(scene)
    owners = program(scene.shop, scene.people["owner"], "read")
    for name in ("orders", "tickets", "refunds", "windows"):
        answer = viewers.call("GET", f"/{name}?buyer={BUYER}")
        assert (answer.status, answer.content["code"]) == (403, "not_allowed"), name
        assert owners.call("GET", f"/{name}?buyer={BUYER}").status == 200


def test_a_blocked_buyer_has_a_title_without_the_number(scene: Scene) -> None:
    """It stands in the admin's log and on its pages, where nobody asks for a role."""
    assert str(scene.row(BlockedBuyer)) == "m***ed"
