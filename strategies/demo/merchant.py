"""The sample merchant's own steps: strategies made, enabled and changed, money paid in, trials."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aftersale.records.schemas import FundEntryRecord
from aftersale.services.shops.shops import known
from aftersale.services.windows.funds import save_fund_entries
from strategies.models import Strategy, TrialKind
from strategies.services import advice, strategies, trials
from strategies.strategy_record import StrategyRecord

from .clock import DAYS
from .life import Life

# The days of the past that a trial run reads.
TRIED_DAYS = 14


class Merchant:
    """`owner` makes all of it happen."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.owner = life.people["demo-owner"]
        begins = life.now - timedelta(days=life.clock.days, hours=2)
        life.at(begins, self._switch_on)
        for entry in life.data.fund_entries:
            at = max(datetime.fromisoformat(entry["at"]), begins)
            life.at(at, lambda at, entry=entry: self._pay_in(entry, at))  # type: ignore[misc]

    def _switch_on(self, at: datetime) -> None:
        for content in self.life.data.strategies:
            record = dict(content)
            days_ago, first = record.pop("enabled_days_ago"), record.pop("first")
            made = strategies.create(
                shop_id=self.life.shop.pk,
                record=StrategyRecord.model_validate(record | first),
                user=self.owner,
                now=at,
            )
            if record["enabled"]:
                enabled = max(at, self.life.now - timedelta(days=days_ago or DAYS))
                self.life.at(enabled, lambda at, pk=made.pk: self._enable(pk, at))  # type: ignore[misc]
            if first:
                changed = self.life.now - timedelta(days=6, hours=3)
                self.life.at(changed, lambda at, pk=made.pk, to=record: self._change(pk, to, at))  # type: ignore[misc]

    def _enable(self, pk: int, at: datetime) -> None:
        strategies.enable(strategy_id=pk, user=self.owner, now=at)

    def _change(self, pk: int, record: Mapping[str, Any], at: datetime) -> None:
        """Tried on the two weeks before, then saved."""
        strategy = Strategy.objects.get(pk=pk)

        def change(at: datetime) -> None:
            strategies.change(
                strategy_id=pk,
                record=StrategyRecord.model_validate(record),
                revision=strategy.revision,
                user=self.owner,
                now=at,
            )

        yesterday = (at - timedelta(days=1)).date()
        trial = trials.begin(
            shop_id=self.life.shop.pk,
            kind=TrialKind.STRATEGY,
            title=strategy.name,
            proposed=trials.content_after(self.life.shop.pk, lambda: change(at)),
            first=yesterday - timedelta(days=TRIED_DAYS - 1),
            last=yesterday,
            user=self.owner,
            now=at,
        )
        done = at + timedelta(seconds=4)
        self.life.at(done, lambda at: trials.run(trial.pk, clock=lambda: at))
        self.life.at(at + timedelta(minutes=7), change)

    def _pay_in(self, entry: Mapping[str, Any], at: datetime) -> None:
        save_fund_entries(
            [FundEntryRecord.model_validate(entry)], shops=known([self.life.shop.code]), now=at
        )

    def ask_for_advice(self, at: datetime) -> None:
        run = advice.begin(
            shop_id=self.life.shop.pk,
            user=self.owner,
            now=at,
            days=DAYS,
            may_lose=20_000,
            here=True,
        )
        advice.run(run.pk, clock=lambda: at + timedelta(seconds=9))
