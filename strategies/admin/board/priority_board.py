"""The priority board: a shop's strategies by scenario, in the order in which they are asked.

The page behind "Strategies" in the menu. Users who may change strategies order them here by mouse,
finger or keyboard; an order is saved whole, or not at all (SPEC T5).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import CONFLICT, UNPROCESSABLE, desk_page, show
from aftersale.admin.kit.typed_keys import typed_keys
from aftersale.domain.digits import whole_number
from aftersale.models import Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.shared.shown import format_time, who
from strategies.admin.board.findings import Note, gaps_in_words, notes
from strategies.admin.wording.revision import tripped
from strategies.admin.wording.sentence import money, sentence
from strategies.models import MOST_PER_SCENARIO, Scenario, Strategy, StrategyUsage
from strategies.services import priority_history, strategies
from strategies.services.caps import NEARLY, share
from strategies.services.review import read_shop
from strategies.services.rulebook_content import strategy_content

# Each scenario's tickets and action (SPEC S1).
LINES = {
    Scenario.PRE_SHIP_REFUND: gettext_lazy(
        "The buyer asks for the money back before the order is shipped: it is refunded at once."
    ),
    Scenario.POST_SHIP_REFUND: gettext_lazy(
        "The buyer asks for the money back after the order was shipped: it is refunded at once,"
        " and the goods are lost."
    ),
    Scenario.POST_SHIP_WAIVE_RETURN: gettext_lazy(
        "The buyer asks for the money back or wants to send the goods back: it is refunded at"
        " once, and nothing has to be sent back."
    ),
    Scenario.POST_SHIP_RETURN: gettext_lazy(
        "The buyer wants to send the goods back: the return is approved, and refunded when the"
        " goods have arrived."
    ),
    Scenario.POST_SHIP_KEEP_GOODS: gettext_lazy(
        "The buyer asks for the money and keeps the goods, on orders that were sold with that"
        " promise: it is refunded at once."
    ),
}


@dataclass
class Card:
    """A strategy with what it used today and what is pointed out of it; amounts in fen."""

    strategy: Strategy
    used: int
    now: datetime
    zone: str
    notes: list[Note]

    @property
    def left(self) -> int:
        """0 where the cap was lowered below its use."""
        return max(self.strategy.daily_cap - self.used, 0)

    @property
    def percent(self) -> int:
        return min(share(self.used, self.strategy.daily_cap), 100)

    @property
    def level(self) -> str:
        return "danger" if not self.left else "warning" if self.percent >= NEARLY else ""

    @property
    def used_of_cap(self) -> str:
        return _("%(used)s of %(cap)s today") % {
            "used": money(self.used),
            "cap": money(self.strategy.daily_cap),
        }

    @property
    def left_today(self) -> str:
        return _("%(left)s left") % {"left": money(self.left)}

    @property
    def sentence(self) -> str:
        return sentence(strategy_content(self.strategy), zone=self.zone)

    @property
    def tripped(self) -> Any:
        return "" if self.strategy.enabled else tripped(self.strategy)

    @property
    def over(self) -> bool:
        """True if its validity period is over: it takes nothing, enabled or not."""
        until = self.strategy.valid_until
        return until is not None and until <= self.now

    @property
    def to_come(self) -> bool:
        start = self.strategy.valid_from
        return start is not None and self.now < start


@dataclass
class Column:
    """A scenario of the board."""

    scenario: Scenario
    line: Any
    cards: list[Card]
    gaps: str
    """Off-hours that no strategy covers, in a scenario that could use them (SPEC M5)."""

    @property
    def full(self) -> bool:
        return len(self.cards) >= MOST_PER_SCENARIO

    @property
    def order(self) -> str:
        return ",".join(str(card.strategy.pk) for card in self.cards)


@desk_page
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The shop is in the address; without one it is the first."""
    wanted = request.GET.get("shop", "")
    seen = access.shops(request)
    shop = shop_of(request, wanted) if wanted else next(iter(seen), None)
    return show(
        request,
        "strategies/board/board.html",
        _("Strategies"),
        shop=shop,
        shops=seen,
        columns=_columns(shop, now=timezone.now()) if shop else [],
        most=MOST_PER_SCENARIO,
        may_change=shop is not None and access.may(request, shop.pk, Right.CHANGE_STRATEGIES),
    )


@desk_page
@require_POST
def order(request: HttpRequest, shop_id: int, scenario: str) -> HttpResponse:
    """Saves the order of a scenario and answers with it as it then is, saved or not."""
    shop = shop_of(request, shop_id)
    if scenario not in Scenario.values:
        raise NotFound(_("There is no such scenario."))
    now = timezone.now()
    status, note = 200, ""
    try:
        strategies.reorder(
            shop_id=shop.pk,
            scenario=scenario,
            ids=typed_keys(request.POST.get("ids", "")),
            seen=typed_keys(request.POST.get("seen", "")),
            user=access.person(request),
            now=now,
        )
    except NotAllowed:
        raise
    except Stale:
        status, note = CONFLICT, _who_was_first(shop, scenario)
    except Refused as refused:
        status, note = UNPROCESSABLE, refused.message
    (column,) = _columns(shop, now=now, only=scenario)
    context = {
        "shop": shop,
        "column": column,
        "most": MOST_PER_SCENARIO,
        "may_change": True,
        "refusal": note,
        "saved": status == 200,
        "before": request.POST.get("seen", "") if status == 200 else "",
        "undone": bool(request.POST.get("undo")),
    }
    return render(request, "strategies/board/board_scenario.html", context, status=status)


def shop_of(request: HttpRequest, key: int | str) -> Shop:
    """The shop, if the user sees it."""
    pk = whole_number(str(key)) or 0
    listed = (shop for shop in access.shops(request) if shop.pk == pk)
    # The list is cut off for operators of very many shops.
    seen = rights.shops_of(access.person(request))
    shop = next(listed, None) or seen.filter(pk=pk).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    return shop


def _columns(shop: Shop, *, now: datetime, only: str = "") -> list[Column]:
    """The scenarios in their order (SPEC S1), with what was used on the shop's day (SPEC E4)."""
    chosen = Q(scenario=only) if only else Q()
    live = Strategy.objects.filter(chosen, shop=shop, deleted_at=None).order_by("priority")
    today = now.astimezone(ZoneInfo(shop.timezone)).date()
    usage = StrategyUsage.objects.filter(strategy__in=live.values("pk"), day=today)
    used = dict(usage.values_list("strategy", "used"))
    reading = read_shop(shop, now=now)
    cards: dict[str, list[Card]] = defaultdict(list)
    for strategy in live:
        cards[strategy.scenario].append(
            Card(
                strategy,
                used.get(strategy.pk, 0),
                now,
                shop.timezone,
                notes(reading, strategy.pk, zone=shop.timezone, now=now),
            )
        )
    gaps = gaps_in_words(reading)
    return [
        Column(
            scenario,
            LINES[scenario],
            cards[scenario],
            gaps if scenario is Scenario.PRE_SHIP_REFUND else "",
        )
        for scenario in Scenario
        if only in ("", scenario)
    ]


def _who_was_first(shop: Shop, scenario: str) -> str:
    """Why an order was not saved: who saved another one before it, and when."""
    change = priority_history.latest_change(shop.pk, scenario)
    if change is None:
        return _("The order was changed meanwhile. Yours was not saved; this is the order now.")
    return _(
        "%(user)s changed this at %(at)s, while you were looking at it. Your order was not saved;"
        " this is the order now."
    ) % {
        "user": who(change, "created_by") if change.created_by else _("A file"),
        "at": format_time(change.created_at, shop, seconds=True),
    }
