"""A shop connected to the double, and what there is to read."""

from datetime import timedelta
from typing import Any

import pytest

from aftersale.models import PlatformAccount
from aftersale.platforms.protocol import Fact, SeenOrder
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.syncing import accounts, health, read_changes
from tests import factories
from tests.platforms import double
from tests.platforms.double import Clock, Place, offered

__all__ = ["offered"]


@pytest.fixture
def clock() -> Clock:
    return Clock(factories.NOON)


@pytest.fixture(autouse=True)
def first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ninety days would be hundreds of slices in each test."""
    monkeypatch.setattr(health, "FIRST_LOOK", timedelta(days=2))


class Connected:
    """A shop, its place on the platform, and reading from it."""

    def __init__(self, clock: Clock, code: str = "s1", **fields: Any) -> None:
        self.clock = clock
        self.place = double.places[code] = Place()
        self.shop = factories.make_shop(code=code)
        self.owner = factories.make_user(self.shop)
        accounts.connect(
            shop_id=self.shop.pk,
            platform="double",
            secrets=double.GIVEN,
            user=self.owner,
            now=clock(),
            **{"address": "", "pays_fast_refunds": False} | fields,
        )
        # It was tried first.
        assert [call[0] for call in self.place.calls] == ["test"]
        self.place.calls.clear()

    @property
    def account(self) -> PlatformAccount:
        return PlatformAccount.objects.select_related("shop").get(shop=self.shop)

    def read(self) -> None:
        """All that is due."""
        while read_changes.run(account_pk=self.account.pk, clock=self.clock):
            pass

    def read_later(self, **step: float) -> None:
        self.clock.turn(**step)
        self.read()

    def order(
        self,
        number: str = "O1",
        *,
        ago: float = 0,
        facts: tuple[Fact, ...] = (),
        **fields: Any,
    ) -> OrderRecord:
        """An unshipped order of 100 yuan, changed so many minutes ago."""
        at = (self.clock.now - timedelta(minutes=ago)).isoformat()
        record = SeenOrder.model_validate(
            {
                "shop": self.shop.code,
                "order_no": number,
                "status": "pending_shipment",
                "buyer": f"buyer-of-{number}",
                "paid_at": at,
                "updated_at": at,
                "paid_amount": "100.00",
                "lines": [{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100.00"}],
            }
            | fields
        ).model_copy(update={"facts": facts})
        self.place.put_order(record)
        return record

    def ticket(
        self,
        number: str = "T1",
        *,
        ago: float = 0,
        fast: bool = False,
        unknown: bool = False,
        facts: tuple[Fact, ...] = (),
        **fields: Any,
    ) -> TicketRecord:
        at = (self.clock.now - timedelta(minutes=ago)).isoformat()
        record = TicketRecord.model_validate(
            {
                "shop": self.shop.code,
                "ticket_no": number,
                "order_no": "O1",
                "type": "refund_only",
                "amount": "60.00",
                "applied_at": at,
                "updated_at": at,
            }
            | fields
        )
        self.place.put_ticket(record, paid_by_fast_refund=fast, unknown=unknown, facts=facts)
        return record


@pytest.fixture
def connected(offered: None, clock: Clock) -> Connected:
    return Connected(clock)
