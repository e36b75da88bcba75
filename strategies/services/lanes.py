"""The lane row of a shop: its holder may decide the shop's tickets, or change their rules."""

from datetime import datetime

from django.contrib.auth.models import User

from aftersale.models import Shop
from aftersale.services.shared import locks
from config.queue import DECIDE, wake
from strategies.models import EvaluatorLane, FastRefundRule, RulebookRevision, Strategy
from strategies.services.rulebook_content import rulebook_content

DECIDE_TASK = "strategies.tasks.decide"


def hold_lane(shop_id: int, *, user: User | None, now: datetime) -> EvaluatorLane:
    """Waits for the batch under way and keeps evaluators out until the transaction ends.

    Makes the lane of a shop that has none. Comes before every other lock but the shop's. An
    evaluator that finds the lane held gives up, so its holder wakes one at the commit.
    """
    wake(DECIDE_TASK, shop_id, cluster=DECIDE)
    lanes = EvaluatorLane.objects.select_for_update(of=("self",), no_key=True)
    lane = lanes.filter(shop=shop_id).first()
    if lane is not None:
        return lane
    # The shop's row decides which of two processes makes the lane.
    locks.lock_shop(shop_id)
    if not EvaluatorLane.objects.filter(shop=shop_id).exists():
        revision = RulebookRevision.objects.create(
            shop_id=shop_id,
            number=1,
            content=current_content(shop_id),
            created_at=now,
            created_by=user,
        )
        EvaluatorLane.objects.create(shop_id=shop_id, rulebook=revision)
    return lanes.get(shop=shop_id)


def try_lane(shop_id: int) -> EvaluatorLane | None:
    """The lane if nobody holds it, without waiting; for evaluators."""
    return (
        EvaluatorLane.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(shop=shop_id)
        .first()
    )


def publish(shop_id: int, *, user: User | None, now: datetime) -> None:
    """Writes a rulebook revision if anything that decisions depend on has changed (SPEC T6).

    Called in the transaction of the change; decisions after its commit use it.
    """
    lane = hold_lane(shop_id, user=user, now=now)
    content = current_content(shop_id)
    current = RulebookRevision.objects.get(pk=lane.rulebook_id)
    if current.content == content:
        return
    lane.rulebook = RulebookRevision.objects.create(
        shop_id=shop_id,
        number=current.number + 1,
        content=content,
        created_at=now,
        created_by=user,
    )
    lane.save(update_fields=["rulebook"])


def current_content(shop_id: int) -> dict:
    """The rulebook of a shop as its rows are now."""
    shop = Shop.objects.prefetch_related("fast_refund_periods").get(pk=shop_id)
    strategies = Strategy.objects.filter(shop=shop_id, deleted_at=None)
    return rulebook_content(shop, strategies, FastRefundRule.objects.all())
