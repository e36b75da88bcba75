"""A shop made on a page: by whom, once, and under a code that no other has (SPEC P1, O9)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import CharField
from django.db.models.functions import Cast

from aftersale.models import AuditEntry, Fund, Membership, Role, Shop
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.shops import making
from strategies.models import EvaluatorLane, RulebookRevision
from tests.aftersale.refunds.test_races import without_constraint
from tests.concurrency.threads import at_once
from tests.factories import NOON, make_shop, make_user

GIVEN = {
    "code": "deer",
    "name": "小鹿童装",
    "platform": "kuaishou",
    "timezone": "Asia/Shanghai",
}


def make(user: User, **fields: str) -> tuple[Shop, bool]:
    return making.make(**GIVEN | fields, user=user, now=NOON)


def events(shop: Shop) -> list[Any]:
    return list(shop.entries.order_by("pk").values_list("kind", "user", "at"))


@pytest.mark.django_db
def test_an_owners_shop_is_theirs_and_made_as_a_file_makes_it() -> None:
    owner = make_user(make_shop(), username="li")
    shop, is_new = make(owner, code=" \u200bde\u200ber ")
    assert is_new
    assert (shop.code, shop.name, shop.platform) == ("deer", "小鹿童装", "kuaishou")
    assert (shop.connector, shop.is_demo, shop.status) == ("manual", False, "normal")
    assert events(shop) == [("created", owner.pk, NOON), ("member", owner.pk, NOON)]
    assert list(shop.memberships.values_list("user", "role")) == [(owner.pk, "owner")]
    assert set(Fund.objects.filter(shop=shop).values_list("kind", flat=True)) == {
        "wallet",
        "deposit",
    }
    assert RulebookRevision.objects.filter(shop=shop).count() == 1
    assert EvaluatorLane.objects.filter(shop=shop).count() == 1
    # The same form again makes nothing; other words under the code are refused.
    assert make(owner) == (shop, False)
    before = list(AuditEntry.objects.values())
    for other in ({"name": "Other"}, {"platform": "douyin"}, {"timezone": "Asia/Tokyo"}):
        with pytest.raises(Refused, match="taken") as refused:
            make(owner, **other)
        assert refused.value.pointer == "code"
    with pytest.raises(Refused, match="taken"):
        make(make_user(make_shop()))
    assert list(AuditEntry.objects.values()) == before
    assert Shop.objects.filter(code="deer").count() == 1


@pytest.mark.django_db
def test_an_operators_shop_has_no_member_yet() -> None:
    shop, _is_new = make(make_user(is_superuser=True))
    assert not shop.memberships.exists()
    assert [kind for kind, _user, _at in events(shop)] == ["created"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*list(Role)[1:], "stranger", "shut out"])
def test_others_make_none(role: str) -> None:
    user = make_user(make_shop(), role) if role in set(Role) else make_user()
    if role == "shut out":
        user = make_user(make_shop(), is_active=False)
    before = (Shop.objects.count(), Membership.objects.count(), AuditEntry.objects.count())
    with pytest.raises(NotAllowed):
        make(user)
    assert before == (
        Shop.objects.count(),
        Membership.objects.count(),
        AuditEntry.objects.count(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "\u200b "),
        ("code", "x" * 65),
        ("name", " "),
        ("name", "x" * 129),
        ("platform", "Kuai Shou!"),
        ("timezone", "Mars/Base"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, value: str) -> None:
    owner = make_user(make_shop())
    with pytest.raises(Refused) as refused:
        make(owner, **{field: value})
    assert refused.value.pointer == field
    assert Shop.objects.count() == 1


def twice(owner: User) -> list[Any]:
    return at_once(lambda: make(owner), lambda: make(owner))


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_shop() -> None:
    owner = make_user(make_shop())
    with without_constraint(Shop, "shop_code_once"):
        twice(owner)
        assert Shop.objects.filter(code="deer").count() == 2
        Shop.objects.filter(code="deer").update(code=Cast("pk", CharField()))
    made = twice(owner)
    shop = Shop.objects.get(code="deer")
    assert sorted(is_new for _shop, is_new in made) == [False, True]
    assert {one.pk for one, _is_new in made} == {shop.pk}
    assert len(events(shop)) == 2 and shop.memberships.count() == 1
