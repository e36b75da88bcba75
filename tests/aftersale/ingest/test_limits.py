"""Every value that a record accepts fits into its column."""

from django.db.models import Field
from pydantic import BaseModel

from aftersale.models import CommissionSplit, FundEntry, Order, OrderLine, Shop, Ticket
from aftersale.records.schemas import (
    FundEntryRecord,
    LineRecord,
    OrderRecord,
    ReturnShipment,
    ShopRecord,
    SplitRecord,
    TicketRecord,
)
from tests.each import each

COLUMNS = [
    (ShopRecord, "code", Shop, "code"),
    (ShopRecord, "name", Shop, "name"),
    (OrderRecord, "order_no", Order, "order_no"),
    (OrderRecord, "buyer", Order, "buyer"),
    (LineRecord, "product", OrderLine, "product"),
    (LineRecord, "category", OrderLine, "category"),
    (LineRecord, "title", OrderLine, "title"),
    (SplitRecord, "account", CommissionSplit, "account"),
    (TicketRecord, "ticket_no", Ticket, "ticket_no"),
    (TicketRecord, "order_no", Ticket, "order_no"),
    (TicketRecord, "reason", Ticket, "reason"),
    (ReturnShipment, "carrier", Ticket, "return_carrier"),
    (ReturnShipment, "tracking_no", Ticket, "return_tracking_no"),
    (FundEntryRecord, "entry_no", FundEntry, "entry_no"),
    (FundEntryRecord, "note", FundEntry, "note"),
]


def _longest(record: type[BaseModel], key: str) -> int:
    return record.model_json_schema()["properties"][key]["maxLength"]


@each("record, key, model, column", COLUMNS)
def test_texts(record: type[BaseModel], key: str, model: type, column: str) -> None:
    field: Field = model._meta.get_field(column)  # type: ignore[attr-defined]
    assert _longest(record, key) <= field.max_length  # type: ignore[operator]


def test_texts_in_lists() -> None:
    evidence = TicketRecord.model_json_schema()["properties"]["evidence"]["items"]["maxLength"]
    assert evidence <= Ticket._meta.get_field("evidence").base_field.max_length
    for column, key in (("products", "product"), ("categories", "category")):
        limit = Ticket._meta.get_field(column).base_field.max_length
        assert _longest(LineRecord, key) <= limit
