"""The check-up: all that is pointed out of a shop's strategies, in one list (SPEC M5)."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page, show
from aftersale.services.access.rights import Right
from strategies.admin.board.findings import Note, gaps_in_words, notes
from strategies.admin.board.priority_board import shop_of
from strategies.engine.strategy import Strategy
from strategies.models import Scenario
from strategies.services.review import IDLE_DAYS, read_shop


@dataclass(frozen=True)
class Entry:
    """A strategy with findings."""

    strategy: Strategy
    notes: list[Note]


@desk_page
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The shop is in the address; without one it is the first."""
    wanted = request.GET.get("shop", "")
    seen = access.shops(request)
    shop = shop_of(request, wanted) if wanted else next(iter(seen), None)
    groups: list[tuple[Scenario, list[Entry]]] = []
    gaps = ""
    if shop is not None:
        now = timezone.now()
        reading = read_shop(shop, now=now)
        gaps = gaps_in_words(reading)
        entries = [
            Entry(strategy, notes(reading, strategy.id, zone=shop.timezone, now=now))
            for strategy in reading.rulebook.strategies
        ]
        for scenario in Scenario:
            own = [e for e in entries if e.notes and e.strategy.scenario == scenario]
            if own:
                groups.append((scenario, own))
    return show(
        request,
        "strategies/board/review.html",
        _("Strategy check-up"),
        shop=shop,
        shops=seen,
        groups=groups,
        gaps=gaps,
        idle_days=IDLE_DAYS,
        may_change=shop is not None and access.may(request, shop.pk, Right.CHANGE_STRATEGIES),
    )
