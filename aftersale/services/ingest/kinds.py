"""The kinds of records that a file may hold; other apps add theirs by `register`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, TypeAdapter, create_model

from aftersale.models import CameBy
from aftersale.records.schemas import FundEntryRecord, OrderRecord, ShopRecord, TicketRecord
from aftersale.services.shared.outcomes import Result
from aftersale.services.shops.shops import KnownShop, upsert
from aftersale.services.windows.funds import save_fund_entries

from .orders import save_orders
from .tickets import save_tickets


class Save(Protocol):
    """Writes records and answers for each, in order; refuses one without losing others.

    `shops`: the shops that the records name, by code.
    """

    def __call__(
        self, records: Sequence[Any], *, shops: Mapping[str, KnownShop], now: datetime
    ) -> list[Result]: ...


class Kind(NamedTuple):
    name: str
    # Reads a parsed line, the key `kind` included.
    read: Callable[[object], Any]
    save: Save
    # The key whose value names the record in a message.
    number: str
    # True if the record belongs to a shop that must exist first.
    of_shop: bool


_kinds: dict[str, Kind] = {}


def register(
    kind: str, record: type[BaseModel], save: Save, *, number: str, of_shop: bool = True
) -> None:
    """Adds a kind.

    Within a batch, kinds are saved in the order of registration. `record` is the pydantic record
    without the key `kind`; one of a shop has the key `shop`.
    """
    fields: Any = {"kind": (Literal[kind], ...)}
    line = create_model(f"{record.__name__}Line", __base__=record, **fields)
    _kinds[kind] = Kind(kind, TypeAdapter(line).validate_python, save, number, of_shop)


def unregister(kind: str) -> None:
    del _kinds[kind]


def registered() -> Mapping[str, Kind]:
    return _kinds


def _save_shops(
    records: Sequence[ShopRecord], *, shops: Mapping[str, KnownShop], now: datetime
) -> list[Result]:
    return [upsert(record, now=now) for record in records]


register("shop", ShopRecord, _save_shops, number="code", of_shop=False)
register("fund_entry", FundEntryRecord, save_fund_entries, number="entry_no")
register("order", OrderRecord, save_orders, number="order_no")
register("ticket", TicketRecord, partial(save_tickets, came_by=CameBy.FILE), number="ticket_no")
