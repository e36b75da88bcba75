"""Proposals as strategies: printed as documents, or made as drafts, never enabled (SPEC M6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared.errors import NotFound, Refused
from strategies.models import AdviceRun, Strategy, TrialStatus
from strategies.services import strategies

from .proposals import Proposal


def chosen_point(advice: AdviceRun, number: int | None = None) -> dict[str, Any] | None:
    """A point of the curve by its place; without one, the point within the owner's limit."""
    points = advice.summary.get("points", [])
    if number is not None:
        if not 0 <= number < len(points):
            raise NotFound(_("There is no such point."))
        return points[number]
    return next((point for point in points if point["within_limit"]), None)


def named(advice: AdviceRun, point: Mapping[str, Any]) -> list[tuple[Proposal, str]]:
    """The point's proposals with names that are free in their scenarios."""
    live = Strategy.objects.filter(shop=advice.shop_id, deleted_at=None).exclude(
        pk__in=advice.drafts
    )
    taken = set(live.values_list("scenario", "name"))
    found = []
    for each in point["proposals"]:
        number = 1
        while (each["scenario"], name := _("Advice %d") % number) in taken:
            number += 1
        taken.add((each["scenario"], name))
        found.append((Proposal(each["number"], each["scenario"], each["keys"]), name))
    return found


def documents(advice: AdviceRun, point: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The proposals as apply_strategies and `POST /strategies` take them (INTERFACES)."""
    shop = advice.shop.code
    return [{"shop": shop, "name": name, **own.keys} for own, name in named(advice, point)]


@transaction.atomic
def make_drafts(*, run_id: int, point: int, user: User, now: datetime) -> list[Strategy]:
    """Adds the point's strategies, each last in its scenario and not enabled (SPEC T2)."""
    found = scoped(AdviceRun.objects.all(), user).filter(pk=run_id)
    advice = found.select_for_update(of=("self",), no_key=True).first()
    if advice is None:
        raise NotFound(_("There is no such advice."))
    require(user, advice.shop_id, Right.CHANGE_STRATEGIES)
    if advice.status != TrialStatus.DONE:
        raise Refused(_("This advice has no result."))
    if Strategy.objects.filter(pk__in=advice.drafts, deleted_at=None).exists():
        raise Refused(_("The drafts of this advice were made already."))
    wanted = chosen_point(advice, point)
    assert wanted is not None
    made = [
        strategies.create(
            shop_id=advice.shop_id,
            record=own.record(advice.shop.code, name),
            user=user,
            now=now,
        )
        for own, name in named(advice, wanted)
    ]
    advice.drafts = [each.pk for each in made]
    advice.save(update_fields=["drafts"])
    return made
