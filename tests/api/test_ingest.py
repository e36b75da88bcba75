"""`POST /orders` and `POST /tickets`: one record or a list, a result for each (SPEC O6)."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import Order, Shop, Ticket
from tests.aftersale.ingest import record_factories
from tests.aftersale.ingest.record_factories import at
from tests.factories import make_shop

from .program import Program, program


def order(**fields: Any) -> dict[str, Any]:
    return _without(record_factories.order(**fields), "kind", "shop")


def ticket(**fields: Any) -> dict[str, Any]:
    return _without(record_factories.ticket(**fields), "kind", "shop")


def _without(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


def words(content: Any) -> list[str]:
    return [result["result"] for result in content["results"]]


def test_one_record(erp: Program, shop: Shop) -> None:
    new = {"order_no": "O1", "result": "created", "errors": [], "note": ""}
    assert erp.post("/orders", order())[:2] == (201, new)
    assert erp.post("/orders", order())[:2] == (200, new | {"result": "unchanged"})
    changed = order(updated_at=at(1), status="shipped")
    assert erp.post("/orders", changed)[:2] == (200, new | {"result": "updated"})
    assert erp.post("/orders", order(paid_amount="1"))[:2] == (200, new | {"result": "stale"})
    assert Order.objects.get().shop == shop
    status, content, _response = erp.post("/tickets", ticket(line_no=1))
    assert (status, content["ticket_no"], content["result"]) == (201, "T1", "created")
    kept = Ticket.objects.get()
    assert (kept.amount, kept.order_id, kept.awaiting_evaluation) == (
        5990,
        Order.objects.get().pk,
        True,
    )


def test_one_record_that_is_refused(erp: Program) -> None:
    status, content, _response = erp.post("/tickets", ticket(amount="1.999", extra=1))
    assert status == 422
    assert [error["pointer"] for error in content["errors"]] == ["#/amount", "#/extra"]
    assert erp.post("/orders", order())[0] == 201
    # Known only once the order is read.
    status, content, _response = erp.post("/tickets", ticket(line_no=9), key="k1")
    assert (status, content["errors"][0]["pointer"]) == (422, "#/line_no")
    assert not Ticket.objects.exists()


def test_a_list_and_a_result_for_each_in_sequence(erp: Program) -> None:
    erp.post("/orders", [order(), order(order_no="O2")])
    status, content, _response = erp.post(
        "/tickets",
        [
            ticket(ticket_no="T9", order_no="later"),
            ticket(ticket_no="T2", amount=59.9),
            ticket(ticket_no="T1"),
            ticket(ticket_no="T1"),
            "no object",
            ticket(ticket_no="T3", line_no=7),
            _without(ticket(), "ticket_no"),
        ],
    )
    assert status == 200
    assert words(content) == [
        "created", "refused", "created", "unchanged", "refused", "refused", "refused",
    ]  # fmt: skip
    numbers = [result["ticket_no"] for result in content["results"]]
    assert numbers == ["T9", "T2", "T1", "T1", None, "T3", None]
    pointers = [[e["pointer"] for e in result["errors"]] for result in content["results"]]
    assert pointers == [[], ["#/amount"], [], [], ["#"], ["#/line_no"], ["#/ticket_no"]]
    assert set(Ticket.objects.values_list("ticket_no", flat=True)) == {"T1", "T9"}
    assert erp.post("/tickets", []).content == {"results": []}
    # As Windows tools write it.
    assert erp.call("POST", "/tickets", raw=b"\xef\xbb\xbf []").content == {"results": []}


def test_the_shop_may_be_left_out_and_is_the_tokens(erp: Program, shop: Shop) -> None:
    """Whether another shop exists shows nowhere (SPEC P1)."""
    make_shop(code="theirs")
    sent = [
        order(order_no=code or "O") | ({"shop": code} if code else {})
        for code in ("", shop.code, "theirs", "nobodys")
    ]
    results = erp.post("/orders", sent).content["results"]
    assert words({"results": results}) == ["created", "created", "refused", "refused"]
    assert [result["errors"] for result in results[2:]] == [
        [
            {
                "pointer": "#/shop",
                "detail": f"expected the code of a known shop (read: “{code}”)",
            }
        ]
        for code in ("theirs", "nobodys")
    ]
    assert set(Order.objects.values_list("shop", "order_no")) == {
        (shop.pk, "O"),
        (shop.pk, shop.code),
    }
    assert erp.post("/orders", order(order_no="X") | {"shop": ""})[0] == 422


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('"amount": "2.00", "amount": "1.00"', ["#/amount"]),
        ('"amount" : "1.00", "am\\u006funt": "2.00"', ["#/amount"]),
        ('"amount": "1.00", "return_shipment": {"carrier": "a", "carrier": "a"}',
         ["#/return_shipment/carrier"]),
        ('"amount": "1.00", "refund_result": {"status": "failed", "status": "succeeded"}',
         ["#/refund_result/status"]),
        ('"amount": "1.00", "note": "\\ud800"', ["#/note"]),
        ('"amount": "1.00", "evidence": ["a", "\\udfff"]', ["#/evidence/1"]),
        ('"amount": "1.00", "note": ' + "[" * 600 + '"\\u0041"' + "]" * 600, ["#/note"]),
        ('"amount": "1.00", "note": "\\u0000"', ["#/note"]),
        ('"amount": "1.00", "\\ud800": 1', ["#"]),
        # Looks like a key, but isn't one.
        ('"amount": "1.00", "note": "a \\"key\\": b"', []),
        ('"amount":"1.00","return_shipment":{"carrier":"x"},"refund_result":null', []),
    ],
)  # fmt: skip
def test_keys_given_twice_and_texts_that_are_none(
    erp: Program, text: str, pointers: list[str]
) -> None:
    plain = json.dumps(_without(ticket(ticket_no="T2"), "amount"))[:-1]
    raw = f"[{json.dumps(ticket())}, {plain}, {text}}}]".encode()
    status, content, _response = erp.call("POST", "/tickets", raw=raw)
    assert (status, words(content)) == (200, ["created", "refused" if pointers else "created"])
    assert [error["pointer"] for error in content["results"][1]["errors"]] == pointers
    assert content["results"][1]["ticket_no"] == "T2"


def test_keys_of_lines_given_twice(erp: Program) -> None:
    text = json.dumps([order()]).replace('"quantity": 2', '"quantity": 2, "quantity": 3')
    (result,) = erp.call("POST", "/orders", raw=text.encode()).content["results"]
    assert result["errors"] == [
        {"pointer": "#/lines/1/quantity", "detail": result["errors"][0]["detail"]}
    ]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [b"[", b"[{]", b"[\xff]", b'[{"a": "\xff"}]', b"[NaN]", b"[" * 100_000, b"[1" + b"0" * 5000],
)
def test_lists_that_are_no_json(erp: Program, raw: bytes) -> None:
    status, content, _response = erp.call("POST", "/tickets", raw=raw)
    assert (status, content["errors"][0]["pointer"]) == (422, "#")


def test_lists_that_are_too_long(erp: Program) -> None:
    many = [ticket(ticket_no=f"T{number}") for number in range(1001)]
    assert erp.post("/tickets", many)[0] == 413
    assert erp.call("POST", "/tickets", raw=b"[" + b"0," * 200_000 + b"0]").status == 413
    assert erp.call("POST", "/tickets", raw=b"[" + b" " * 5_000_000 + b"]").status == 413
    assert not Ticket.objects.exists()
    status, content, _response = erp.post("/tickets", many[:1000])
    assert (status, set(words(content)), len(content["results"])) == (200, {"created"}, 1000)


def test_what_is_made_to_hurt_gets_a_short_answer(erp: Program) -> None:
    keys = {f"k{number}": 1 for number in range(50)}
    more = {f"k{number}": 1 for number in range(200)}
    found = erp.post("/tickets", [ticket(**keys), ticket(**more)]).content["results"]
    assert [len(result["errors"]) for result in found] == [20, 1]


def test_the_same_key_gives_the_same_results(erp: Program) -> None:
    first = erp.post("/tickets", [ticket(), ticket(ticket_no="T2", amount="-1")], key="k1")
    again = erp.post("/tickets", [ticket(), ticket(ticket_no="T2", amount="-1")], key="k1")
    assert (words(again.content), again.content) == (["created", "refused"], first.content)
    assert erp.post("/tickets", [ticket()], key="k1")[0] == 422
    assert erp.post("/orders", order(), key="k2").content["result"] == "created"
    assert erp.post("/orders", order(), key="k2").content["result"] == "created"
    assert erp.post("/orders", order()).content["result"] == "unchanged"


def test_another_scope_sends_nothing(shop: Shop, owner: User) -> None:
    reader = program(shop, owner, "read", "tickets", "strategies", "windows")
    assert reader.post("/orders", order())[0] == 403
    assert reader.post("/tickets", [ticket()])[0] == 403
    assert not Order.objects.exists() and not Ticket.objects.exists()
