"""All that is held of a buyer, as one file (SPEC P7)."""

import base64
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from aftersale.models import AuditEntry, EvidenceFile, Role
from aftersale.services.privacy.erase import erase
from aftersale.services.privacy.give_out import give_out
from aftersale.services.shared.errors import NotAllowed, NotFound
from tests.factories import NOON, make_order, make_shop, make_user

from .scene import BUYER, NEIGHBOURS, NOTE, PICTURE, lived

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def test_the_file() -> None:
    scene = lived()
    content = give_out(shop_id=scene.shop.pk, buyer=BUYER, user=scene.owner, now=LATER)
    held = json.loads(content)
    assert (held["shop"], held["buyer"], held["given_out_at"]) == ("s1", BUYER, LATER.isoformat())
    assert [one["order_no"] for one in held["orders"]] == ["O1", "O2", "O3"]
    assert [one["ticket_no"] for one in held["tickets"]] == ["T1", "T2", "T3"]
    first, second, third = held["tickets"]
    assert (first["note"], third["evidence"], first["amount"]) == (NOTE, [PICTURE], "59.90")
    assert [one["outcome"] for one in first["decisions"]] == ["refund"]
    assert second["rejections"][0]["explanation"] == f"Dear {BUYER}: no."
    assert third["refund"]["amount"] == "90.00"
    with EvidenceFile.objects.get().file.open("rb") as file:
        assert base64.b64decode(second["pictures"][0]["content"]) == file.read()
    assert held["blocked"]["created_at"]
    text = content.decode()
    # Neither another buyer nor a member of staff.
    assert not [name for name in (*NEIGHBOURS, scene.owner.username) if name in text]
    entry = AuditEntry.objects.get(kind="buyer_exported")
    assert (entry.filters, entry.user, entry.at) == ({"buyer": BUYER}, scene.owner, LATER)
    assert (entry.shop, entry.rows) == (scene.shop, 6)


def test_an_erased_buyer_is_found_by_the_number_too() -> None:
    """The rest of them; the history that names them is none of it."""
    scene = lived()
    ask = {"shop_id": scene.shop.pk, "user": scene.owner, "now": LATER}
    give_out(buyer=BUYER, **ask)
    stand_in = erase(buyer=BUYER, **ask).stand_in
    held = json.loads(give_out(buyer=BUYER, **ask))
    assert held["buyer"] == stand_in and len(held["tickets"]) == 3
    assert BUYER not in json.dumps(held)
    entries = AuditEntry.objects.filter(kind="buyer_exported")
    assert [one.filters for one in entries] == [{"buyer": stand_in}] * 2


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CS_MANAGER, Role.CS_AGENT, Role.VIEWER, None])
def test_owners_alone(role: str | None) -> None:
    shop = make_shop()
    make_order(shop, buyer=BUYER)
    other = make_user(shop, role) if role else make_user(make_shop())
    with pytest.raises(NotAllowed):
        give_out(shop_id=shop.pk, buyer=BUYER, user=other, now=LATER)
    assert not AuditEntry.objects.exists()


def test_nobody_of_that_number() -> None:
    shop, other = make_shop(), make_shop()
    make_order(other, buyer=BUYER)
    with pytest.raises(NotFound):
        give_out(shop_id=shop.pk, buyer=BUYER, user=make_user(shop), now=LATER)
    assert not AuditEntry.objects.exists()


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """INTERFACES: `export_buyer SHOP BUYER --as USER`."""
    shop = make_shop(code="s1")
    make_order(shop, buyer=BUYER, order_no="O1")
    owner, stranger = make_user(shop), make_user()
    call_command("export_buyer", "s1", BUYER, "--as", owner.username)
    assert json.loads(capsys.readouterr().out)["orders"][0]["order_no"] == "O1"
    with pytest.raises(CommandError, match="knows no shop s1"):
        call_command("export_buyer", "s1", BUYER, "--as", stranger.username)
