"""Changes of strategies that exist, as a draft beside each, and as they are tried (SPEC M6).

Nothing that decides is changed: a draft is a strategy of its own, not enabled, and trying is a
trial run of the draft in the place of the strategy that it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.domain.money import plain_yuan
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared.errors import NotFound, Refused, Stale
from strategies.models import AdviceRun, Strategy
from strategies.services import strategies
from strategies.services.export_strategies import document
from strategies.strategy_record import StrategyRecord

from .existing import DROP, KEEP, MOVE, NOTHING

_MONEY = ("single_amount_cap", "daily_cap")
_LONGEST_NAME = 128


def advised(run: AdviceRun, strategy_id: int) -> dict[str, Any]:
    """The advice about a strategy, from the run's summary; NotFound where there is none."""
    for each in run.summary.get("existing", ()):
        advice: dict[str, Any] = each.get("advice", NOTHING)
        if each["strategy"] == str(strategy_id) and advice["kind"] != KEEP:
            return advice
    raise NotFound(_("There is no such advice."))


@transaction.atomic
def make_change(*, run_id: int, strategy_id: int, user: User, now: datetime) -> Strategy:
    """Adds the changed strategy beside the one that it changes, last in its scenario and not
    enabled. Raises Stale where the strategy is another one by now."""
    found = scoped(AdviceRun.objects.all(), user).filter(pk=run_id)
    run = found.select_for_update(of=("self",), no_key=True).first()
    if run is None:
        raise NotFound(_("There is no such advice."))
    require(user, run.shop_id, Right.CHANGE_STRATEGIES)
    advice = advised(run, strategy_id)
    if not advice.get("keys"):
        raise Refused(_("This advice is tried, and then done on the board."))
    if _draft_of(advice) is not None:
        raise Refused(_("The draft of this advice was made already."))
    strategy = _as_advised(run, strategy_id)
    content = document(strategy) | in_yuan(advice["keys"])
    content |= {"name": _free_name(strategy), "enabled": False, "priority": None}
    made = strategies.create(
        shop_id=run.shop_id, record=StrategyRecord.model_validate(content), user=user, now=now
    )
    advice["draft"] = made.pk
    run.save(update_fields=["summary"])
    return made


def apply_change(run: AdviceRun, strategy_id: int, *, user: User, now: datetime) -> None:
    """Does what is advised, for `trials.content_after`, which rolls it back."""
    advice = advised(run, strategy_id)
    strategy = _as_advised(run, strategy_id)
    order = strategies.priorities(run.shop_id, strategy.scenario)

    def put(ids: list[int]) -> None:
        strategies.reorder(
            shop_id=run.shop_id,
            scenario=strategy.scenario,
            ids=ids,
            seen=order,
            user=user,
            now=now,
        )

    if advice["kind"] == MOVE:
        wanted = [pk for pk in advice["order"] if pk in order]
        wanted += [pk for pk in order if pk not in wanted]  # made since
        put(wanted)
    elif advice["kind"] == DROP:
        strategies.disable(strategy_id=strategy.pk, user=user, now=now)
    else:
        draft = _draft_of(advice)
        if draft is None:
            raise Refused(_("Make the draft first."))
        strategies.disable(strategy_id=strategy.pk, user=user, now=now)
        strategies.enable(strategy_id=draft.pk, user=user, now=now)
        others = [pk for pk in order if pk != draft.pk]
        others.insert(others.index(strategy.pk), draft.pk)
        put(others)


def in_yuan(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a strategy's content as its record has them."""
    return {key: plain_yuan(value) if key in _MONEY else value for key, value in keys.items()}


def _as_advised(run: AdviceRun, strategy_id: int) -> Strategy:
    strategy = Strategy.objects.filter(pk=strategy_id, shop=run.shop_id, deleted_at=None).first()
    if strategy is None:
        raise NotFound(_("There is no such strategy."))
    revisions = {each["id"]: each["revision"] for each in run.present["strategies"]}
    if strategy.revision != revisions.get(strategy_id):
        raise Stale(_("“%s” was changed since this search. Search again.") % strategy.name)
    return strategy


def _draft_of(advice: Mapping[str, Any]) -> Strategy | None:
    return Strategy.objects.filter(pk=advice.get("draft", 0), deleted_at=None).first()


def _free_name(strategy: Strategy) -> str:
    taken = set(
        Strategy.objects.filter(
            shop=strategy.shop_id, scenario=strategy.scenario, deleted_at=None
        ).values_list("name", flat=True)
    )
    number = 1
    while True:
        more = _(" (advice)") if number == 1 else _(" (advice %d)") % number
        name = strategy.name[: _LONGEST_NAME - len(more)] + more
        if name not in taken:
            return name
        number += 1
