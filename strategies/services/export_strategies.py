"""Strategies as records (INTERFACES, strategy): exporting them, and applying a list of them.

Files and sheets are applied by the same rules (import_strategies.py, SPEC O7): they enable nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.records.errors import FieldError, explain
from aftersale.services.access.rights import Right, require
from aftersale.services.shared.outcomes import Outcome, unknown_shop
from aftersale.services.shops import shops
from strategies.models import Scenario, Strategy
from strategies.services.import_strategies import save_strategies
from strategies.services.rulebook_content import strategy_content
from strategies.strategy_record import StrategyRecord

Document = Mapping[str, Any]
Key = tuple[str, str, str]
Explain = Callable[[ValidationError], Sequence[FieldError]]
_MONEY = ("single_amount_cap", "daily_cap")


class Applied(NamedTuple):
    """Result of one document; `changes` are its keys with the values before and after."""

    name: str
    outcome: Outcome
    changes: Sequence[tuple[str, Any, Any]] = ()
    errors: Sequence[FieldError] = ()
    note: str = ""


def document(strategy: Strategy) -> dict[str, Any]:
    """A strategy as its record; amounts are strings in yuan."""
    content: dict[str, Any] = {"shop": strategy.shop.code, **strategy_content(strategy)}
    for key in _MONEY:
        content[key] = plain_yuan(content[key])
    if breaker := content["breaker"]:
        amount = breaker["amount"]
        content["breaker"] = {**breaker, "amount": None if amount is None else plain_yuan(amount)}
    return content


def documents(shop_id: int) -> list[dict[str, Any]]:
    """All strategies of a shop, in the order of scenarios and priorities."""
    found = Strategy.objects.filter(shop=shop_id, deleted_at=None).select_related("shop")
    order = list(Scenario.values)
    return [
        document(strategy)
        for strategy in sorted(
            found.order_by("priority"), key=lambda strategy: order.index(strategy.scenario)
        )
    ]


def apply(
    given: Sequence[Any],
    *,
    user: User | None,
    now: datetime,
    dry_run: bool,
    explained: Explain = explain,
) -> list[Applied]:
    """Files the documents and answers for each in its place; one that is wrong stops no other.

    With `dry_run` all of it is rolled back, and the answers are what would have happened.
    `user` None is the operator's console. `explained` words the errors of a document.
    """
    with transaction.atomic():
        answers = _apply(given, user=user, now=now, explained=explained)
        transaction.set_rollback(dry_run)
    return answers


def _apply(
    given: Sequence[Any], *, user: User | None, now: datetime, explained: Explain
) -> list[Applied]:
    answers: list[Applied | None] = [None] * len(given)
    records: dict[int, StrategyRecord] = {}
    seen: set[Key] = set()
    for position, content in enumerate(given):
        name = _name(content)
        try:
            record = StrategyRecord.model_validate(content)
        except ValidationError as error:
            answers[position] = Applied(name, Outcome.REFUSED, errors=explained(error))
            continue
        if _key(record) in seen:
            twice = FieldError("name", _("the strategy is given more than once"))
            answers[position] = Applied(name, Outcome.REFUSED, errors=[twice])
            continue
        seen.add(_key(record))
        records[position] = record
    known = shops.known({record.shop for record in records.values()})
    if user is not None:
        for shop in known.values():
            require(user, shop.id, Right.CHANGE_STRATEGIES)
    before = _stored(known)
    results = save_strategies(list(records.values()), shops=known, now=now, user=user)
    after = _stored(known)
    for (position, record), result in zip(records.items(), results, strict=True):
        if record.shop not in known:
            result = unknown_shop(record.shop)
        key = _key(record)
        answers[position] = Applied(
            record.name,
            result.outcome,
            _changes(before.get(key), after.get(key)),
            result.errors,
            result.note,
        )
    return [answer for answer in answers if answer is not None]


def _stored(known: Mapping[str, shops.KnownShop]) -> dict[Key, dict[str, Any]]:
    return {
        (content["shop"], content["scenario"], content["name"]): content
        for shop in known.values()
        for content in documents(shop.id)
    }


def _changes(before: Document | None, after: Document | None) -> list[tuple[str, Any, Any]]:
    """Empty for a new strategy, of which everything is new."""
    if before is None or after is None:
        return []
    return [(key, before[key], after[key]) for key in after if before[key] != after[key]]


def _key(record: StrategyRecord) -> Key:
    return record.shop, record.scenario, record.name


def _name(content: Any) -> str:
    name = content.get("name") if isinstance(content, Mapping) else None
    return name[:128] if isinstance(name, str) else ""
