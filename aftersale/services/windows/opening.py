"""After-sale windows that the merchant re-opens on completed orders (SPEC W1, W2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.punctuation import BRACKETED, SEMICOLON
from aftersale.models import (
    AfterSaleWindow,
    Fund,
    FundKind,
    Membership,
    Order,
    OrderStatus,
    OrderType,
    Role,
    Shop,
    ShopStatus,
)
from aftersale.services.access.rights import Right, may, require, scoped
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared import hold, locks
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.windows import charges

LASTS = timedelta(hours=72)
# How long after completion a window may be opened.
LATEST = timedelta(hours=120 * 24)
# The longest agreement.
MOST_LETTERS = 500


@dataclass(frozen=True, slots=True)
class Condition:
    """One requirement of SPEC W1 or W3 in words: the condition, and the present state."""

    name: str
    title: str
    figure: str
    holds: bool


class NotOpened(Refused):
    """The window was not opened; names the conditions that do not hold."""

    code = "window_not_opened"

    def __init__(self, failed: Sequence[Condition]) -> None:
        told = str(SEMICOLON).join(
            str(BRACKETED) % (condition.title, condition.figure) for condition in failed
        )
        super().__init__(_("The window was not opened. This does not hold: %s.") % told)
        self.failed = failed


def find_order(*, order_id: int, user: User) -> Order:
    """The order with its shop, if the user may see it."""
    orders = scoped(Order.objects.select_related("shop"), user)
    order = orders.filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such order."))
    return order


def open_on(order: Order, *, now: datetime) -> AfterSaleWindow | None:
    """The window open on the order by its times, even if the closing task is late."""
    return order.windows.filter(closed_at=None, closes_at__gt=now).first()


def conditions(*, order: Order, user: User, now: datetime) -> list[Condition]:
    """All requirements for a window on the order, each with its figure."""
    shop = order.shop
    largest = order.refundable_amount
    funds = {fund.kind: fund for fund in Fund.objects.filter(shop=shop)}
    balances = {kind: funds[kind].balance if kind in funds else 0 for kind in FundKind}
    window = open_on(order, now=now)
    amounts = {
        "wallet": format_yuan(balances[FundKind.WALLET]),
        "deposit": format_yuan(balances[FundKind.DEPOSIT]),
    }
    return [
        Condition(
            "completed",
            _("The order was completed at most 120 days ago"),
            _completed(order, now),
            order.status == OrderStatus.COMPLETED
            and order.completed_at is not None
            and now - order.completed_at <= LATEST,
        ),
        Condition(
            "covered",
            _("The wallet or the deposit covers the largest possible refund"),
            _("largest refund %(largest)s; wallet %(wallet)s, deposit %(deposit)s")
            % {"largest": format_yuan(largest), **amounts},
            charges.covering(funds, largest) is not None,
        ),
        Condition(
            "not_overdrawn",
            _("Neither the wallet nor the deposit is overdrawn"),
            _("wallet %(wallet)s, deposit %(deposit)s") % amounts,
            min(balances.values()) >= 0,
        ),
        Condition(
            "shop_status",
            _("The shop is open for business"),
            str(shop.get_status_display()),
            shop.status == ShopStatus.NORMAL,
        ),
        Condition(
            "order_type",
            _("It is an ordinary or a cross-border order"),
            str(order.get_type_display()),
            order.type in (OrderType.ORDINARY, OrderType.CROSS_BORDER),
        ),
        Condition(
            "refundable",
            _("Something of the order can still be refunded"),
            _refundable(order),
            largest > 0,
        ),
        Condition(
            "role",
            _("Your role may re-open windows"),
            _role(user, shop),
            may(user, shop.pk, Right.OPEN_WINDOWS),
        ),
        Condition(
            "no_open_window",
            _("No window is open on the order"),
            _("none is open")
            if window is None
            else _("open until %s") % _on_shop_clock(window.closes_at, shop),
            window is None,
        ),
    ]


def open_window(*, order_id: int, agreement: str, user: User, now: datetime) -> AfterSaleWindow:
    """Opens a window of 72 hours on a completed order; `agreement` is what the buyer was told.

    Raises NotOpened, naming each condition that does not hold; nothing is written then.
    """
    found = find_order(order_id=order_id, user=user)
    require(user, found.shop_id, Right.OPEN_WINDOWS)
    if not is_visible(agreement):
        raise Refused(_("Write down what was agreed with the buyer."), pointer="agreement")
    if len(agreement.strip()) > MOST_LETTERS:
        raise Refused(_("At most %d characters.") % MOST_LETTERS, pointer="agreement")
    hold.require_none(found.shop)
    with transaction.atomic():
        order = locks.lock_order(found.pk)
        failed = [
            condition
            for condition in conditions(order=order, user=user, now=now)
            if not condition.holds
        ]
        if failed:
            raise NotOpened(failed)
        # An expired one may still await the task; only one row may be without an end.
        order.windows.filter(closed_at=None, closes_at__lte=now).update(closed_at=F("closes_at"))
        window = AfterSaleWindow.objects.create(
            shop_id=order.shop_id,
            order=order,
            opened_at=now,
            opened_by=user,
            agreement=agreement.strip(),
            closes_at=now + LASTS,
        )
        platform_steps.tell_window(window=window, shop=order.shop, user=user, now=now)
        wake_teller([order.shop_id])
        return window


def close_due(*, now: datetime) -> int:
    """Records the end of expired windows, as of the moment they expired; returns how many."""
    with transaction.atomic():
        # A window locked by somebody else is being closed by them.
        due = (
            AfterSaleWindow.objects.filter(closed_at=None, closes_at__lte=now)
            .select_for_update(no_key=True, skip_locked=True)
            .order_by("pk")
        )
        pks = []
        shops = set()
        for window in due:
            pks.append(window.pk)
            shops.add(window.shop_id)
        wake_teller(shops)
        return AfterSaleWindow.objects.filter(pk__in=pks).update(closed_at=F("closes_at"))


def _completed(order: Order, now: datetime) -> str:
    if order.status != OrderStatus.COMPLETED:
        return _("not completed: %s") % order.get_status_display()
    if order.completed_at is None:
        return _("when it was completed is not known")
    ago = max(now - order.completed_at, timedelta(0))
    minutes, seconds = divmod(ago.seconds, 60)
    return _("%(days)s days %(clock)s ago") % {
        "days": ago.days,
        "clock": f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}",
    }


def _refundable(order: Order) -> str:
    if order.over_refunded:
        return _("more was refunded than was paid")
    return _("%(left)s of %(paid)s") % {
        "left": format_yuan(order.refundable_amount),
        "paid": format_yuan(order.paid_amount),
    }


def _role(user: User, shop: Shop) -> str:
    if user.is_superuser:
        return _("operator")
    role = Membership.objects.filter(user=user, shop=shop).values_list("role", flat=True).first()
    return str(Role(role).label) if role else _("no member of the shop")


def _on_shop_clock(at: datetime, shop: Shop) -> str:
    return f"{at.astimezone(ZoneInfo(shop.timezone)):%Y-%m-%d %H:%M}"
