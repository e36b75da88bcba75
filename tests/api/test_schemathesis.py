"""Calls made up from the OpenAPI document, and answers held against it: whatever is in it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from aftersale.models import BlockedBuyer, Shop, WebhookType
from monitoring.services import alerts
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_strategy, make_ticket
from tests.monitoring.scene import tripped

from .program import Program

EXAMPLES = 3
# Without `positive_data_acceptance`: that a cap is above another, or a name taken, is no matter of
# a schema, and refused as it should be. Who may call what is walked in test_access.py.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@cache
def read_document() -> Any:
    """Once for all tests: to write it takes a second."""
    address = "/api/v1/schema/?format=json"
    return schemathesis.openapi.from_wsgi(address, get_wsgi_application())


@pytest.fixture
def document(db: None) -> Iterator[Any]:
    """The connection is the test's, as with Django's own client."""
    for sent in (request_started, request_finished):
        sent.disconnect(close_old_connections)
    yield read_document()
    for sent in (request_started, request_finished):
        sent.connect(close_old_connections)


@pytest.fixture
def known(shop: Shop, owner: User) -> dict[str, Any]:
    """The shop's objects, by the names in addresses; ids by the part of the address before them."""
    strategy = make_strategy(shop, name="small")
    ticket = make_ticket(make_order(shop, order_no="o1"), ticket_no="AS1")
    decide_shop(shop.pk, tally=Tally())
    BlockedBuyer.objects.create(shop=shop, buyer="b-77")
    tripped(shop)
    alerts.raise_alerts(now=NOON)
    return {
        "order_no": "o1",
        "ticket_no": "AS1",
        "buyer": "b-77",
        "strategies": strategy.pk,
        "decisions": Decision.objects.get().pk,
        "alerts": shop.alerts.latest("pk").pk,
        "refunds": ticket.refund.pk,
    }


def operations(document: Any) -> Iterator[Any]:
    for found in document.get_all_operations():
        yield found.ok()


def wrong_with(operation: Any, mode: GenerationMode, erp: Program, known: dict[str, Any]) -> str:
    """The first failure of the calls made up for an operation; "" where there is none."""

    @seed(5)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            section = operation.path.removeprefix("/api/v1/").split("/")[0]
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known.get(name, known.get(section, 1))
        # Nothing of one call is there for the next, nor a transaction that was broken by it.
        with transaction.atomic():
            response = case.call(
                headers={"Authorization": f"Bearer {erp.token}", "Accept-Encoding": "identity"}
            )
            transaction.set_rollback(True)
        # A wrong record in a list is refused by itself: the others are saved.
        left_out = [checks.negative_data_rejection] if isinstance(case.body, list) else []
        case.validate_response(response, checks=CHECKS, excluded_checks=left_out)

    try:
        call()
    except (Failure, FailureGroup) as failure:
        return str(failure)
    return ""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_in_the_document(
    document: Any, erp: Program, known: dict[str, Any], mode: GenerationMode
) -> None:
    found = {
        operation.label: wrong
        for operation in operations(document)
        if (wrong := wrong_with(operation, mode, erp, known))
    }
    assert found == {}, "\n\n".join(f"{label}\n{wrong}" for label, wrong in found.items())


def test_a_client_can_be_generated(document: Any) -> None:
    """Names to call by, what comes back, and what it is about."""
    ids = []
    for path, methods in document.raw_schema["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            ids.append(operation["operationId"])
            assert operation["operationId"].isidentifier(), where
            # A generated one.
            assert not operation["operationId"].endswith(("_create", "_retrieve", "_update"))
            assert operation["summary"], where
            assert len(operation["tags"]) == 1, where
            done = {
                status: answer
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            }
            assert done, where
            for status, answer in done.items():
                assert status == "204" or answer["content"]["application/json"]["schema"], where
            assert {"401", "403", "422", "429"} <= set(operation["responses"]), where
    assert len(ids) == len(set(ids))
    assert set(document.raw_schema["webhooks"]) == set(WebhookType.values)
    kinds = document.raw_schema["components"]["schemas"]
    named = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(document.raw_schema)))
    assert named == {f"#/components/schemas/{kind}" for kind in kinds}
    fields = [field for kind in kinds.values() for field in kind.get("properties", {}).values()]
    defaults = [field["default"] for field in fields if field.get("format") == "money"
                and "default" in field]  # fmt: skip
    assert defaults == ["0.00"]
