"""No table that belongs to an order or ticket is forgotten by the archive (SPEC O12)."""

from django.apps import apps
from django.db.models import ForeignKey, Model

from aftersale.models import (
    AfterSaleWindow,
    Archive,
    CommissionReturn,
    EvidenceFile,
    FundEntry,
    ShopRequest,
)
from aftersale.services.archive.parts import parts

# An order with one of these stays in the database (services/archive/due.py).
KEEP = {AfterSaleWindow, CommissionReturn, EvidenceFile, FundEntry, ShopRequest}


def refers(model: type[Model], to: set[type[Model]]) -> bool:
    return any(isinstance(f, ForeignKey) and f.related_model in to for f in model._meta.fields)


def test_each_table_of_an_order_goes_with_it_or_keeps_it() -> None:
    known = {part.model for part in parts()}
    models = [
        model for app in ("aftersale", "strategies", "monitoring")
        for model in apps.get_app_config(app).get_models()
    ]  # fmt: skip
    missing = {m.__name__ for m in models if m not in known | KEEP and refers(m, known)}
    assert missing == set()
    assert Archive not in known


def test_rows_go_before_those_that_they_refer_to() -> None:
    order = [part.model for part in parts()]
    wrong = [m.__name__ for place, m in enumerate(order) if refers(m, set(order[:place]))]
    assert wrong == []
