"""If-Match: a write is made only to what was read (INTERFACES, REST API)."""

from django.contrib.auth.models import User

from aftersale.models import Refund, Shop, Ticket
from strategies.models import Strategy
from tests.factories import make_order, make_strategy, make_ticket

from .program import Answer, Program


def send(erp: Program, method: str, path: str, tag: str, content: object = None) -> Answer:
    return erp.call(method, path, content, headers={"If-Match": tag})


def test_a_ticket_that_has_changed(erp: Program, shop: Shop) -> None:
    """Another amount of the buyer's; what is not a fact of the case leaves the tag valid."""
    make_ticket(make_order(shop), ticket_no="AS1")
    tag = erp.get("/tickets/AS1").response["ETag"]
    Ticket.objects.update(amount=480_00)
    refused = send(erp, "POST", "/tickets/AS1/approve", tag)
    assert (refused.status, refused.content["code"]) == (412, "precondition_failed")
    assert not Refund.objects.exists()
    assert erp.call("POST", "/tickets/AS1/approve", headers={"If-Match": '"a.b"'}).status == 412
    Ticket.objects.update(amount=5_00)
    weak = "W/" + erp.get("/tickets/AS1").response["ETag"]
    assert send(erp, "POST", "/tickets/AS1/approve", f'"x", {weak}').status == 200
    assert Refund.objects.get().amount == 5_00


def test_a_ticket_before_its_order(erp: Program, shop: Shop, owner: User) -> None:
    ticket = make_ticket(make_order(shop), ticket_no="AS1")
    Ticket.objects.filter(pk=ticket.pk).update(order=None, awaiting_evaluation=False)
    tag = erp.get("/tickets/AS1").response["ETag"]
    # The rule's own refusal, not the tag's.
    assert send(erp, "POST", "/tickets/AS1/approve", tag).content["code"] == "refused"


def test_a_strategy_that_has_changed(erp: Program, shop: Shop) -> None:
    strategy = make_strategy(shop, name="small")
    path = f"/strategies/{strategy.pk}"
    read = erp.get(path).response["ETag"]
    changed = send(erp, "PATCH", path, read, {"remark": "a"})
    assert (changed.status, changed.response["ETag"] != read) == (200, True)
    for method, content in (("PATCH", {"remark": "b"}), ("DELETE", None)):
        refused = send(erp, method, path, read, content)
        assert (refused.status, refused.content["code"]) == (412, "precondition_failed")
    strategy.refresh_from_db()
    assert (strategy.remark, strategy.deleted_at) == ("a", None)
    assert send(erp, "DELETE", path, changed.response["ETag"]).status == 204
    assert Strategy.objects.get().deleted_at is not None
