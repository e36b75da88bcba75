"""Facts shown beside a ticket: the platform's words and codes, nothing of the buyer."""

from typing import Any

from aftersale.domain import platform_facts
from aftersale.platforms.kuaishou import Kuaishou, codes
from aftersale.platforms.kuaishou.values import moment
from tests.each import each

from .fake import KuaishouFake
from .rows import row, seen


def told(**values: Any) -> list[tuple[str, str]]:
    return [(fact.name, fact.value) for fact in seen(row(**values)).facts]


@each(
    "values, facts",
    [
        ({}, []),
        ({"refundType": 2}, [("started_by", "merchant")]),
        ({"specialRefundType": 1}, [("kind", "price_protection")]),
        ({"receiptStatus": 1}, [("goods_received", "no")]),
        ({"urgeTimes": 4}, [("urged", "4")]),
        ({"negotiateReason": "10013"}, [("negotiation", "accepted")]),
        (
            {"handlingWay": 3, "exchangeInfo": {"skuDesc": "大号", "quantity": 2}},
            [("exchange_for", "大号 × 2")],
        ),
        (
            {"returnFreightInfo": {"returnFreightAmount": 850, "returnFreightStatus": 20}},
            [("return_freight_asked", "8.50"), ("return_freight", "agreed")],
        ),
        ({"logisticsRiskInfos": None, "returnFreightInfo": None, "exchangeInfo": None}, []),
    ],
)
def test_what_is_told(values: dict[str, Any], facts: list[tuple[str, str]]) -> None:
    assert told(**values) == facts


@each(
    "warnings, words",
    [
        (["单号已用过"], ["单号已用过"]),
        ("单号已用过", ["单号已用过"]),
        ([{"type": 3}], ['{"type": 3}']),
        ([], []),
        (None, []),
        ([""], []),
    ],
)
def test_a_return_parcel_out_of_the_ordinary_is_risky(warnings: Any, words: list[str]) -> None:
    """SPEC O1: the ticket's label `risk`."""
    found = seen(row(logisticsRiskInfos=warnings))

    assert [fact.value for fact in found.facts if fact.name == "parcel_warning"] == words
    assert found.record.labels == (["risk"] if words else [])


def test_the_course_is_told_without_the_names_of_staff(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    ticket_no = fake.buyer_applies(fake.places(900), "refund_only", 900)
    fake.platform_steps_in(ticket_no)

    ticket = kuaishou.ticket(ticket_no)

    assert ticket is not None
    course = [fact for fact in ticket.facts if fact.name == "history"]
    assert [fact.value for fact in course] == ["状态变更10", "状态变更20"]
    assert course[1].at == moment(fake.shop.tickets[int(ticket_no)]["updateTime"])
    assert "小王" not in str(ticket.facts)


def test_an_application_alone_costs_no_further_call(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    kuaishou.ticket(fake.buyer_applies(fake.places(900), "refund_only", 900))

    assert [method for _, method in fake.requests] == ["open.seller.order.refund.detail"]


def test_every_code_has_its_words() -> None:
    values = {
        "started_by": codes.STARTED_BY,
        "goods_received": codes.RECEIVED,
        "negotiation": codes.NEGOTIATIONS,
        "return_freight": codes.RETURN_FREIGHT,
        "seller_flag": codes.FLAGS,
        "address_change": codes.ADDRESS_CHANGE,
        "return_rule": codes.RETURN_RULE,
        "paid_with": codes.PAID_WITH,
        "do_not_ship": codes.DO_NOT_SHIP,
        "kind": codes.GOODS_ONLY,
    }

    for name, table in values.items():
        assert set(table.values()) <= set(platform_facts.VALUES[name])
        assert name in platform_facts.NAMES
