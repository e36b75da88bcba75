"""Log lines never name buyers, whether a page, the database or a record fails."""

import logging
from collections.abc import Iterator
from io import StringIO
from logging.config import DictConfigurator

import pytest
import structlog
from django.db import IntegrityError, connection
from pydantic import ValidationError

from aftersale.models import BlockedBuyer
from aftersale.records.schemas import TicketRecord
from config.logs import logging_config
from tests.api.program import program
from tests.factories import make_shop, make_user


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The log as in production."""
    made = DictConfigurator(logging_config(json=True))
    handler = logging.StreamHandler(lines := StringIO())
    handler.setFormatter(made.configure_formatter(made.config["formatters"]["plain"]))
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


def test_a_call_that_fails_is_named_without_its_buyer(
    db: None, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    caller = program(shop, make_user(shop))
    caller.client.raise_request_exception = False
    monkeypatch.setattr("aftersale.api.blocked_buyers.BlockedBuyerCall.get", lambda *_, **__: 1 / 0)
    assert caller.get("/blocked-buyers/b-77").status == 500
    assert "Internal Server Error: api/v1/blocked-buyers/<number:buyer>" in log.getvalue()
    assert "ZeroDivisionError" in log.getvalue() and "b-77" not in log.getvalue()


def test_a_row_that_the_database_refuses_is_not_quoted(db: None, log: StringIO) -> None:
    shop = make_shop()
    BlockedBuyer.objects.create(shop=shop, buyer="b-77")
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO aftersale_blockedbuyer (shop_id, buyer, note, created_at)"
                " SELECT shop_id, buyer, note, created_at FROM aftersale_blockedbuyer"
                " WHERE shop_id = %s",
                [shop.pk],
            )
    except IntegrityError:
        structlog.get_logger("tests").exception("refused")
    assert "violates unique constraint" in log.getvalue() and "b-77" not in log.getvalue()


def test_a_record_that_is_wrong_is_not_quoted(log: StringIO) -> None:
    sent = {"note": 13800000000, "ticket_no": "t", "buyer": "b-77"}
    try:
        TicketRecord.model_validate(sent)
    except ValidationError:
        structlog.get_logger("tests").exception("refused")
    assert "ValidationError" in log.getvalue()
    assert "13800000000" not in log.getvalue() and "b-77" not in log.getvalue()
