"""Requests of a shop's own on their way to its platform (SPEC P3): a price difference holds its
amount on the order until the platform's ticket is here (SPEC O2), and is paid once."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from aftersale.models import ApprovalLimit, PlatformStep, Role, Shop, ShopRequest, Ticket
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, NotAuthorised, Why
from aftersale.records.schemas import OrderRecord
from aftersale.services.desk import shop_requests
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.refunds.approval_limits import given_by
from aftersale.services.shared.errors import NotAllowed, NotFound, OverRefundable, Refused, Stale
from aftersale.services.shipping.ship_checks import ship_check
from aftersale.services.shops import shops
from tests import factories
from tests.admin.clients import english_client
from tests.aftersale.refunds.conftest import audit

from .conftest import Case

pytestmark = pytest.mark.django_db
HELD = "2000, declined"


def give(case: Case, amount: int = 2_000, **values: Any) -> ShopRequest:
    return shop_requests.open_request(
        **{
            "order_id": case.order.pk,
            "key": "k1",
            "kind": "price_difference",
            "line_no": 1,
            "amount": amount,
            "because": "agreed",
            "above_line": True,
            "user": case.user,
            "now": case.clock.now,
        }
        | values
    )


def books(case: Case) -> tuple[int, int, int, bool]:
    """Fen that the order and its line have given or hold, those refunded outside, the alarm."""
    case.now()
    line = case.order.lines.get(line_no=1)
    order = case.order
    return order.committed, line.taken, order.refunded_amount, order.over_refunded


def state(request: ShopRequest) -> tuple[str, int, str]:
    request.refresh_from_db()
    return request.platform_step.state, request.held, request.ticket_no


def hold(case: Case) -> None:
    lost = {"lost_since": case.clock.now - timedelta(hours=1), "lost_until": case.clock.now}
    Shop.objects.filter(pk=case.shop.pk).update(on_hold=True, **lost)


def read(case: Case, number: str) -> None:
    """The reader brings the platform's ticket."""
    record = case.there.tickets[number]
    save_tickets([record], shops=shops.known([record.shop]), now=case.clock.now)


def test_it_is_held_then_paid_and_its_ticket_takes_over(case: Case) -> None:
    request = give(case)
    assert (books(case), state(request)) == ((2_000, 2_000, 0, False), ("due", 2_000, ""))
    case.go()
    assert case.there.paid == [("M1", 2_000)]
    assert (books(case), state(request)) == ((2_000, 2_000, 0, False), ("accepted", 0, "M1"))
    ticket = Ticket.objects.get(ticket_no="M1")
    assert (ticket.status, ticket.committed, ticket.order_id) == ("refunded", 2_000, case.order.pk)
    assert ticket.refund.source == "platform" and ticket.flags == []
    case.go(hours=2)
    assert [name for name, _about in case.there.steps()] == ["refund_difference"]


def test_the_goods_go_all_the_same(make_case: Any) -> None:
    """SPEC H1: of three pieces a refund of the buyer's would stop the parcel."""
    case = make_case(order_status="pending_shipment", status="cancelled")
    case.order.lines.update(quantity=3)
    case.there.tickets.pop(case.number)

    def check() -> tuple[bool, str | None]:
        found = ship_check(shop_id=case.shop.pk, order_no=case.order.order_no, user=case.user)
        return found.ship, found.note

    give(case)
    case.go()
    assert check() == (True, "partly_refunded")
    give(case, 8_000, key="k2")
    case.go()
    assert check() == (False, None)


def test_what_is_held_nobody_else_gets(case: Case) -> None:
    with pytest.raises(OverRefundable):
        give(case, 10_001)
    give(case, 5_000)
    with pytest.raises(OverRefundable):
        case.approve()  # 60 of 100 yuan
    with pytest.raises(OverRefundable):
        give(case, 5_001, key="k2")
    assert books(case) == (5_000, 5_000, 0, False)
    assert case.now().status == "pending_review" and ShopRequest.objects.count() == 1


def test_one_above_what_its_person_approves_alone_is_refused(case: Case) -> None:
    """SPEC G4: it has no case that could wait; what the person gave of the order adds up."""
    for role in Role:
        ApprovalLimit.objects.create(shop=case.shop, role=role, amount=3_000)
    give(case, 2_000)
    with pytest.raises(Refused) as refused:
        give(case, 1_001, key="k2")
    assert refused.value.pointer == "amount" and "¥30.01" in refused.value.message
    assert books(case) == (2_000, 2_000, 0, False) and ShopRequest.objects.count() == 1
    give(case, 1_000, key="k2")


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"amount": 0}, "amount"),
        ({"line_no": 2}, "line_no"),
        ({"quantity": 2}, "quantity"),
        ({"because": "quality"}, "because"),
        ({"kind": "exchange"}, "kind"),
        ({"text": "x" * 201}, "text"),
        ({"key": ""}, "key"),
        ({"amount": 8_000, "above_line": False, "lines": True}, "above_line"),
    ],
)
def test_what_is_refused_writes_nothing(case: Case, values: dict, pointer: str) -> None:
    if values.pop("lines", False):
        case.order.lines.update(paid_amount=5_000)
        factories.OrderLine.objects.create(
            order=case.order, line_no=2, product="p2", paid_amount=5_000
        )
    with pytest.raises(Refused) as refused:
        give(case, **values)
    assert refused.value.pointer == pointer
    assert not ShopRequest.objects.exists() and not PlatformStep.objects.exists()
    assert books(case) == (0, 0, 0, False)


@pytest.mark.parametrize("status", ["completed", "closed", "pending_payment"])
def test_not_before_payment_nor_after_completion(make_case: Any, status: str) -> None:
    case = make_case(order_status=status)
    with pytest.raises(Refused, match="between payment and completion"):
        give(case)
    assert shop_requests.possible(case.order) == []
    assert books(case) == (0, 0, 0, False)


def test_only_where_the_platform_takes_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    can = frozenset(Can) - {Can.PRICE_DIFFERENCE}
    monkeypatch.setattr(registry, "capabilities", lambda code: can)
    assert shop_requests.possible(case.order) == ["refund", "return_refund"]
    with pytest.raises(Refused, match="does not take this from here"):
        give(case)
    hold(case)
    with pytest.raises(Refused, match="on hold"):
        give(case)
    assert not ShopRequest.objects.exists()


def test_roles_and_strangers(case: Case) -> None:
    viewer = factories.make_user(case.shop, "viewer")
    stranger = factories.make_user(factories.make_shop())
    for user, error in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(error):
            give(case, user=user)
    for user, code in ((viewer, 403), (stranger, 404)):
        for name in ("price-difference", "open-request"):
            url = reverse(f"desk:{name}", args=[case.order.pk])
            assert english_client(user).get(url).status_code == code
            assert english_client(user).post(url, {"amount": "1"}).status_code == code
    assert not ShopRequest.objects.exists()
    give(case, user=factories.make_user(case.shop, "cs_agent"))
    assert books(case) == (2_000, 2_000, 0, False)


@pytest.mark.parametrize("let_go", [False, True])
def test_a_request_that_was_never_sent_counts_for_nobody(case: Case, let_go: bool) -> None:
    """SPEC G4: what was given back is not given."""
    for role in Role:
        ApprovalLimit.objects.create(shop=case.shop, role=role, amount=3_000)
    give(case, 3_000)
    case.shop.connector = "manual" if let_go else "platform"
    case.shop.save()
    case.there.before["refund_difference"] = [Declined(Why.OTHER, "no")]
    case.go()
    assert books(case) == (0, 0, 0, False)
    case.shop.connector = "platform"
    case.shop.save()
    assert given_by(case.user, case.order) == 0
    give(case, 3_000, key="k2")
    assert given_by(case.user, case.order) == 3_000


def test_a_key_of_another_order_is_refused(case: Case, make_case: Any) -> None:
    other = make_case()
    give(case)
    with pytest.raises(Refused, match="sent before with other content"):
        give(other)
    assert books(other) == (0, 0, 0, False) and ShopRequest.objects.count() == 1


def test_the_same_form_twice_is_one_request(case: Case) -> None:
    first = give(case)
    assert give(case) == first and give(case, now=case.clock.turn(minutes=1)) == first
    with pytest.raises(Refused, match="sent before with other content"):
        give(case, 2_001)
    assert books(case) == (2_000, 2_000, 0, False)
    case.go()
    assert give(case) == first
    case.go(minutes=1)
    assert case.there.paid == [("M1", 2_000)]


def test_what_was_seen_must_still_be_so(case: Case) -> None:
    seen = shop_requests.seen_now(case.order)
    give(case, 1_000)
    with pytest.raises(Stale, match="¥90.00 is left"):
        give(case, 1_000, key="k2", seen=seen)
    assert books(case) == (1_000, 1_000, 0, False)


def test_a_lost_answer_is_asked_for_under_the_same_key(case: Case) -> None:
    """Nearly all of the order is taken: at no moment it looks as if too much had left."""
    case.approve()
    case.go()
    case.there.after["refund_difference"] = [TimedOut()]
    request = give(case, 4_000)
    case.go()
    assert case.there.paid == [(case.number, 6_000), ("M1", 4_000)]
    assert (books(case), state(request)) == ((10_000, 4_000, 0, False), ("unknown", 4_000, ""))
    # Its ticket is read before the answer comes.
    read(case, "M1")
    assert (books(case), state(request)) == ((10_000, 4_000, 0, False), ("unknown", 0, "M1"))
    case.go(minutes=1)
    assert state(request) == ("accepted", 0, "M1") and len(case.there.paid) == 2
    assert Ticket.objects.get(ticket_no="M1").flags == []
    keys = [about.key for name, about in case.there.steps() if name == "refund_difference"]
    assert keys == ["k1", "k1"]


def test_a_buyers_own_ticket_takes_nothing_of_it(case: Case) -> None:
    """The same order and line, but filed before, or of another amount."""
    case.there.before["refund_difference"] = [TimedOut()]
    request = give(case, 2_000)
    case.go()
    old = case.clock.now - timedelta(hours=1)
    for number, amount, applied in (("B1", "20.00", old), ("B2", "19.00", case.clock.now)):
        record = case.there.tickets[case.number].model_copy(
            update={"ticket_no": number, "amount": int(float(amount) * 100), "applied_at": applied}
        )
        case.there.tickets[number] = record.model_copy(update={"status": "refunding"})
        read(case, number)
    assert (books(case)[0], state(request)) == (2_000 + 2_000 + 1_900, ("unknown", 2_000, ""))


def test_the_platforms_figure_has_it_once(case: Case) -> None:
    """Whether it tells of the difference before its ticket is here, or after (SPEC O2)."""

    def figure(yuan: str) -> None:
        record = OrderRecord(
            shop=case.shop.code,
            order_no=case.order.order_no,
            status="delivered",
            buyer=case.order.buyer,
            paid_amount="100.00",
            refunded_amount=yuan,
            updated_at=case.clock.turn(seconds=1).isoformat(),
            lines=[{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100.00"}],
        )
        known = shops.known([case.shop.code])
        save_orders([record], shops=known, now=case.clock.now, own_included=True)

    figure("0.00")
    case.there.after["refund_difference"] = [TimedOut()]
    request = give(case)
    figure("0.00")
    assert books(case) == (2_000, 2_000, 0, False)
    case.go()
    figure("20.00")
    assert books(case) == (2_000, 2_000, 0, False)
    read(case, "M1")
    assert (books(case), state(request)[1]) == ((2_000, 2_000, 0, False), 0)
    figure("30.00")
    assert books(case) == (2_000, 2_000, 1_000, False)


def test_a_refusal_gives_the_money_back(case: Case) -> None:
    case.ticket.awaiting_evaluation = False
    case.ticket.save()
    case.there.before["refund_difference"] = [Declined(Why.OTHER, "not for this order")]
    request = give(case)
    case.go()
    assert (books(case), state(request)) == ((0, 0, 0, False), ("declined", 0, ""))
    assert str(request.platform_step.reason) == "not for this order"
    # Other tickets get a new look.
    assert case.now().awaiting_evaluation
    case.go(hours=1)
    assert case.there.paid == [] and len(case.there.steps()) == 1
    give(case, key="k2")
    case.go()
    assert case.there.paid == [("M1", 2_000)]


def test_a_refusal_counts_once_no_earlier_call_can_arrive(case: Case) -> None:
    case.there.before["refund_difference"] = [TimedOut(), *[Declined(Why.OTHER, "no")] * 2]
    request = give(case)
    case.go()
    case.go(minutes=1)
    assert (books(case)[0], state(request)) == (2_000, ("unknown", 2_000, ""))
    case.go(minutes=10)
    assert (books(case)[0], state(request)) == (0, ("declined", 0, ""))


def test_it_waits_for_the_access_and_for_the_stop(case: Case) -> None:
    case.there.before["refund_difference"] = [NotAuthorised("the access has ended")]
    request = give(case)
    case.go()
    assert (books(case)[0], state(request)) == (2_000, ("due", 2_000, ""))
    hold(case)
    case.go(minutes=10)
    assert case.there.paid == []
    Shop.objects.update(on_hold=False)
    case.go(minutes=1)
    assert case.there.paid == [("M1", 2_000)] and state(request) == ("accepted", 0, "M1")


def test_more_refunded_there_than_was_known_stops_it(case: Case) -> None:
    request = give(case)
    other = case.there.tickets[case.number].model_copy(
        update={"ticket_no": "P1", "amount": 3_000, "status": "refunded"}
    )
    case.there.tickets["P1"] = other
    case.go()
    assert case.there.paid == []
    assert (books(case)[0], state(request)) == (3_000, ("declined", 0, ""))
    assert "¥30.00 more" in str(request.platform_step.reason)


def test_it_stops_no_refund_that_was_approved_before(case: Case) -> None:
    case.there.before["approve"] = [NotAuthorised("later")]
    case.approve()
    give(case)
    case.go()
    assert case.there.paid == [("M1", 2_000)]
    case.go(minutes=10)
    assert case.there.paid == [("M1", 2_000), (case.number, 6_000)]
    assert books(case) == (8_000, 2_000, 0, False)


def test_a_ticket_that_can_not_be_read_yet_keeps_it_held(case: Case) -> None:
    request = give(case)
    case.there.before["ticket"] = [TimedOut()]
    case.go()
    assert (books(case)[0], state(request)) == (2_000, ("unknown", 2_000, "M1"))
    case.go(minutes=1)
    assert (books(case)[0], state(request)) == (2_000, ("accepted", 0, "M1"))
    assert case.there.paid == [("M1", 2_000)]


def test_a_payment_that_fails_there_is_the_tickets(case: Case) -> None:
    case.there.instant = False
    request = give(case)
    case.go()
    assert (books(case)[0], state(request)) == (2_000, ("accepted", 0, "M1"))
    case.there.change("M1", status="refund_failed")
    read(case, "M1")
    assert Ticket.objects.get(ticket_no="M1").status == "refund_failed"
    assert books(case) == (0, 0, 0, False)


def test_the_books_find_what_holds_money_for_ever(case: Case) -> None:
    request = give(case)
    assert audit() == []
    PlatformStep.objects.update(state="declined", next_step_at=None)
    assert audit() == [f"k1: a request of the shop's holds money although it is over ({HELD})"]
    ShopRequest.objects.filter(pk=request.pk).update(held=0)
    what = "is not the sum of its tickets' and requests'"
    assert [found for found in audit() if what in found] == [
        f"{case.order.order_no}: order.committed {what} (2000, tickets and requests: 0)",
        f"{case.order.order_no} 1: line.taken {what} (2000, tickets and requests: 0)",
    ]


def test_a_shop_that_is_connected_no_more(case: Case) -> None:
    """A request never sent is let go; one that may have been paid stays held."""
    case.there.before["refund_difference"] = [TimedOut()]
    sent = give(case)
    case.go()
    unsent = give(case, 1_000, key="k2")
    case.shop.connector = "manual"
    case.shop.save()
    case.go(minutes=1)
    assert state(unsent) == ("taken_over", 0, "")
    assert (books(case)[0], state(sent)) == (2_000, ("unknown", 2_000, ""))
    case.shop.connector = "platform"
    case.shop.save()
    case.go(hours=2)
    assert state(sent) == ("accepted", 0, "M1") and case.there.paid == [("M1", 2_000)]


def test_a_request_in_the_buyers_name_holds_nothing(case: Case) -> None:
    request = give(case, kind="return_refund", because="quality", text="已协商")
    assert books(case) == (0, 0, 0, False)
    case.go()
    assert state(request) == ("accepted", 0, "M1") and case.there.paid == []
    ticket = Ticket.objects.get(ticket_no="M1")
    assert (ticket.status, ticket.type) == ("negotiating", "return_refund")
    (sent,) = [about for name, about in case.there.steps() if name == "open_request"]
    assert (sent.key, sent.line_no, sent.amount, sent.text) == ("k1", 1, 2_000, "已协商")


def test_the_dialogs(case: Case) -> None:
    client = english_client(case.user)
    order = reverse("admin:aftersale_order_change", args=[case.order.pk])
    page = client.get(order).content.decode()
    assert "Refund a price difference" in page and "in the buyer&#x27;s name" in page
    url = reverse("desk:price-difference", args=[case.order.pk])
    assert url in client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    shown = client.get(url, {"line_no": "1", "amount": "12.5", "because": "agreed"})
    assert f"¥12.50 goes to {case.order.buyer} at once" in shown.content.decode()
    sent = {"key": "form-1", "line_no": "1", "because": "price_cut", "text": "618"}
    sent["seen"] = shop_requests.seen_now(case.order)
    wrong = client.post(url, sent | {"amount": "x"})
    assert wrong.status_code == 422 and "Expected an amount in yuan" in wrong.content.decode()
    above = client.post(url, sent | {"amount": "100.01"})
    assert above.status_code == 422 and "more than can still be refunded" in above.content.decode()
    assert not ShopRequest.objects.exists()
    assert client.post(url, sent | {"amount": "12.5"}).status_code == 204
    assert client.post(url, sent | {"amount": "12.5"}).status_code == 204
    request = ShopRequest.objects.get()
    assert (request.amount, request.because, request.user) == (1_250, "price_cut", case.user)
    url = reverse("desk:open-request", args=[case.order.pk])
    asks = {"key": "form-2", "line_no": "1", "amount": "9", "because": "agreed"}
    asks |= {"kind": "refund", "quantity": "1"}
    stale = client.post(url, asks | {"seen": sent["seen"]})
    assert stale.status_code == 409 and "has changed meanwhile" in stale.content.decode()
    case.now()
    asks["seen"] = shop_requests.seen_now(case.order)
    assert client.post(url, asks).status_code == 204
    page = client.get(order).content.decode()
    assert "¥12.50" in page and "¥9.00" in page
    beside = client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    assert "Refund of a price difference: ¥12.50" in beside
