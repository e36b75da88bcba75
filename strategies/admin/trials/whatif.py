"""Effects of a change on the last 30 days, while it is typed or dragged (SPEC M7).

Answers are pieces of a page: beside the form of a strategy, on the board, in the dialog of a pause.
Nothing is written.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from aftersale.admin.kit.pages import desk_page
from aftersale.admin.kit.typed_keys import typed_keys
from aftersale.domain.money import plain_yuan
from aftersale.domain.punctuation import COLON
from aftersale.models import Shop
from strategies.admin.wording.sentence import money
from strategies.models import Scenario
from strategies.services import trials
from strategies.services.lanes import current_content
from strategies.services.rulebook_content import content_with
from strategies.services.trials import Effect, Tickets

from ..editor.form import StrategyForm
from ..editor.permitted import shop_for, typed_over

_TEMPLATE = "strategies/trials/what_if.html"
# Fields that change no decision: the others are tried while these are still empty or wrong.
_WORDS_ONLY = {"name", "remark", "refund_reason"}
# The caps that a slider sets: the most that each may be, in fen (SPEC T4), and how many points of
# its curve are worked out.
CAPS = {"single_amount_cap": 9_999_900, "daily_cap": 9_999_999_900}
POINTS = 10


@desk_page
@require_POST
def typed(request: HttpRequest) -> HttpResponse:
    """The effect of the strategy as the form stands, as if saved and enabled."""
    shop, content = _typed(request)
    if content is None:
        return render(request, _TEMPLATE, {"incomplete": True})
    effect = trials.what_if(
        shop,
        content_with(current_content(shop.pk), content),
        now=timezone.now(),
        strategy=content["id"],
    )
    return render(request, _TEMPLATE, {"effect": effect, "lines": _about_strategy(effect)})


@desk_page
@require_POST
def typed_caps(request: HttpRequest) -> HttpResponse:
    """Sliders for the caps, each over the curve of what it would have approved."""
    shop, content = _typed(request)
    sliders = [] if content is None else [_slider(shop, content, name) for name in CAPS]
    shown = [slider for slider in sliders if slider is not None]
    return render(request, "strategies/trials/sliders.html", {"sliders": shown})


@desk_page
@require_POST
def order(request: HttpRequest, shop_id: int, scenario: str) -> HttpResponse:
    """The effect of another order of priorities, while a strategy is moved."""
    shop = shop_for(request, str(shop_id))
    if scenario not in Scenario.values:
        raise Http404
    present = current_content(shop.pk)
    places = {pk: place for place, pk in enumerate(typed_keys(request.POST.get("ids", "")), 1)}
    moved = [
        {**one, "priority": places.get(one["id"], one["priority"])}
        if one["scenario"] == scenario
        else one
        for one in present["strategies"]
    ]
    effect = trials.what_if(shop, {**present, "strategies": moved}, now=timezone.now())
    return render(request, _TEMPLATE, {"effect": effect, "lines": _about_all(effect)})


@desk_page
@require_GET
def pause(request: HttpRequest, shop_id: int) -> HttpResponse:
    """Hits that a pause of automatic refunds would have stopped (SPEC G2)."""
    shop = shop_for(request, str(shop_id))
    effect = trials.what_if(shop, now=timezone.now(), paused=True)
    stopped = effect.lost.tickets
    lines = [
        _("A pause would have sent %(tickets)s to people that strategies approved.")
        % {"tickets": _said(stopped)}
    ]
    lines += _losses(effect, _("Of these likely losses: %(tickets)s."), effect.lost.likely_losses)
    return render(request, _TEMPLATE, {"effect": effect, "lines": lines})


def _typed(request: HttpRequest) -> tuple[Shop, dict[str, Any] | None]:
    """The shop, and the strategy's content with its id; None while a figure cannot be read."""
    scenario = request.POST.get("scenario")
    if scenario not in Scenario.values:
        raise Http404
    shop = shop_for(request, request.POST.get("shop"))
    form = StrategyForm(request.POST, shop=shop, scenario=scenario)
    content = form.content()
    if set(form.errors) - _WORDS_ONLY:
        return shop, None
    return shop, {**content, "id": typed_over(request, shop)}


def _said(tickets: Tickets) -> str:
    return ngettext(
        "%(number)s ticket, %(amount)s", "%(number)s tickets, %(amount)s", tickets.number
    ) % {"number": f"{tickets.number:,}", "amount": money(tickets.amount)}


def _about_strategy(effect: Effect) -> list[str]:
    lines = [_("This strategy approves %(tickets)s.") % {"tickets": _said(effect.own)}]
    if effect.own_before.number and effect.own_before != effect.own:
        lines.append(_("As it is saved: %(tickets)s.") % {"tickets": _said(effect.own_before)})
    lines += [
        _("Taken from “%(name)s”: %(tickets)s.") % {"name": name, "tickets": _said(tickets)}
        for name, tickets in effect.taken.items()
    ]
    if effect.out_at is not None:
        lines.append(
            ngettext(
                "The daily cap runs out on %(number)s day, at %(time)s.",
                "The daily cap runs out on %(number)s days, often by %(time)s.",
                effect.days_out,
            )
            % {"number": effect.days_out, "time": f"{effect.out_at:%H:%M}"}
        )
    return [*lines, *_about_all(effect)]


def _about_all(effect: Effect) -> list[str]:
    gained, lost = effect.gained, effect.lost
    if not gained.tickets.number and not lost.tickets.number:
        return [_("All strategies together: nothing changes.")]
    lines = []
    if gained.tickets.number:
        lines.append(
            _("All strategies together, approved besides: %(tickets)s.")
            % {"tickets": _said(gained.tickets)}
        )
    lines += _losses(effect, _("Likely losses among them: %(tickets)s."), gained.likely_losses)
    if lost.tickets.number:
        lines.append(
            _("No longer approved, so for people: %(tickets)s.") % {"tickets": _said(lost.tickets)}
        )
    return lines


def _losses(effect: Effect, text: str, losses: Tickets) -> list[str]:
    return [text % {"tickets": _said(losses)}] if losses.number else []


class Slider(NamedTuple):
    """A cap of the form with the points of its curve."""

    field: str
    label: Any
    values: list[str]
    """In yuan, as the field has them."""
    said: list[str]
    chosen: int
    drawn: SafeString

    @property
    def last(self) -> int:
        return len(self.values) - 1


def _slider(shop: Shop, content: Mapping[str, Any], field: str) -> Slider | None:
    present, now, key = current_content(shop.pk), timezone.now(), content["id"]

    def with_cap(cap: int) -> dict[str, Any]:
        typed = {**content, field: cap}
        typed["daily_cap"] = max(typed["daily_cap"], typed["single_amount_cap"])
        return content_with(present, typed)

    single, daily = trials.amounts(shop, with_cap(CAPS[field]), now=now, strategy=key)
    wanted = _steps(single if field == "single_amount_cap" else daily)
    if not wanted:
        return None
    least = 100 if field == "single_amount_cap" else content["single_amount_cap"]
    caps = sorted({max(least, min(cap, CAPS[field])) for cap in wanted} | {content[field]})
    points = trials.curve(shop, {cap: with_cap(cap) for cap in caps}, now=now, strategy=key)
    return Slider(
        field=field,
        label=StrategyForm.base_fields[field].label,
        values=[plain_yuan(cap) for cap in caps],
        said=[f"{money(cap)}{COLON}{_said(tickets)}" for cap, tickets in points],
        chosen=caps.index(content[field]),
        drawn=_drawn([tickets.amount for _cap, tickets in points], caps.index(content[field])),
    )


def _steps(amounts: list[int]) -> list[int]:
    """Caps worth trying: up to each tenth of these amounts, rounded up to two digits of yuan."""
    if not amounts:
        return []
    tenths = {amounts[(len(amounts) - 1) * part // POINTS] for part in range(1, POINTS + 1)}
    return [_rounded_up(amount) for amount in tenths]


def _rounded_up(fen: int) -> int:
    unit = 100 * 10 ** max(0, len(str(-(-fen // 100))) - 2)
    return -(-fen // unit) * unit


def _drawn(amounts: list[int], chosen: int) -> SafeString:
    """The curve over evenly spread points; the numbers are said beside it."""
    most, step = max(1, *amounts), 100 / max(len(amounts) - 1, 1)
    points = [(round(place * step, 2), round(40 - 36 * each / most, 2))
              for place, each in enumerate(amounts)]  # fmt: skip
    return format_html(
        '<svg class="t-curve" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><polyline points="{}"/><line x1="{}" x2="{}" y1="0" y2="40"/></svg>',
        " ".join(f"{x},{y}" for x, y in points),
        points[chosen][0],
        points[chosen][0],
    )
