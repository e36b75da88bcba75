"""Making a shop on its page, the first steps that follow, and an empty workbench (SPEC P1)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from aftersale.admin.accounts import session
from aftersale.models import Membership, Role, Shop
from aftersale.services.shops import making
from strategies.models import Strategy
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .clients import chinese_client, client_of, english_client, text_of

pytestmark = pytest.mark.usefixtures("db")
NEW = "/admin/shops/new/"
GIVEN = {"name": "Deer", "code": "deer", "platform": "kuaishou", "timezone": "Asia/Shanghai"}
WORKBENCH = "/admin/workbench/"


def steps_at(shop: Shop) -> str:
    return reverse("desk:shop-first-steps", args=[shop.pk])


def made(by: User, **fields: str) -> Shop:
    shop, _is_new = making.make(**GIVEN | fields, user=by, now=NOON)
    return shop


def test_from_the_form_to_the_first_steps() -> None:
    owner = make_user(make_shop(is_demo=True), username="li")
    client = english_client(owner)
    page = client.get(NEW).content.decode()
    assert 'value="shop-' in page and "You become the owner" in page
    refused = client.post(NEW, GIVEN | {"code": "demo-1", "name": ""})
    assert refused.status_code == 422 and 'value="demo-1"' in refused.content.decode()
    assert not Shop.objects.filter(code="demo-1").exists()
    answer: Any = client.post(NEW, GIVEN)
    shop = Shop.objects.get(code="deer")
    assert answer.status_code == 302 and answer.url == steps_at(shop)
    assert Membership.objects.get(shop=shop).user == owner
    # So far the person had demo shops only: from now on a second factor is needed (SPEC P5).
    assert session.lacks_factor(client.session)
    assert client.post(NEW, GIVEN).status_code == 302  # to the factor, before anything else
    assert Shop.objects.filter(code="deer").count() == 1


def test_a_taken_code_is_said_at_its_field_in_both_languages() -> None:
    make_shop(code="deer")
    operator = make_user(is_superuser=True)
    for client, words in (
        (english_client(operator), "The code “deer” is taken."),
        (chinese_client(operator), "店铺编码“deer”已被使用"),
    ):
        answer = client.post(NEW, GIVEN)
        assert answer.status_code == 422 and words in text_of(answer)
    assert Shop.objects.count() == 1


@pytest.mark.parametrize("who", [*list(Role)[1:], "stranger"])
def test_others_are_offered_nothing(who: str) -> None:
    user = make_user() if who == "stranger" else make_user(make_shop(), who)
    client = client_of(user)
    assert client.get(NEW).status_code == client.post(NEW, GIVEN).status_code == 403
    assert not Shop.objects.filter(code="deer").exists()
    if who != "stranger":
        assert NEW not in client.get(reverse("admin:aftersale_shop_changelist")).content.decode()


def test_the_steps_know_how_far_one_is_and_end() -> None:
    owner = make_user(make_shop())
    shop = made(owner)
    client = english_client(owner)
    assert "First steps 1/8" in text_of(client.get(steps_at(shop)))  # the owner is there
    settings = reverse("desk:shop-guards", args=[shop.pk])
    assert steps_at(shop) in client.get(settings).content.decode()
    make_order(shop)
    Shop.objects.filter(pk=shop.pk).update(working_hours={"mon": [["09:00", "18:00"]]})
    strategy = make_strategy(shop, enabled=False)
    page = client.get(steps_at(shop))
    assert "First steps 4/8" in text_of(page)
    assert reverse("admin:strategies_strategy_change", args=[strategy.pk]) in page.content.decode()
    Strategy.objects.filter(pk=strategy.pk).update(enabled=True)
    assert "Everything needed is done" in text_of(client.get(steps_at(shop)))
    assert steps_at(shop) not in client.get(settings).content.decode()
    for role, status in ((Role.ADMIN, 200), (Role.CS_MANAGER, 403), (Role.VIEWER, 403)):
        assert client_of(make_user(shop, role)).get(steps_at(shop)).status_code == status
    assert client_of(make_user(make_shop())).get(steps_at(shop)).status_code == 404


def test_the_overview_leads_there_until_something_is_approved_by_itself() -> None:
    shop = make_shop()
    owner, agent = make_user(shop), make_user(shop, Role.CS_AGENT)
    overview = reverse("admin:index")
    page = text_of(english_client(owner).get(overview))
    assert f"“{shop.name}” approves nothing by itself yet." in page
    assert steps_at(shop) in client_of(owner).get(overview).content.decode()
    assert steps_at(shop) not in client_of(agent).get(overview).content.decode()
    period = shop.fast_refund_periods.create(starts_at=NOON)
    assert steps_at(shop) not in client_of(owner).get(overview).content.decode()
    period.ends_at = NOON + timedelta(hours=1)
    period.save()
    assert steps_at(shop) in client_of(owner).get(overview).content.decode()
    Shop.objects.update(status="closed")
    assert steps_at(shop) not in client_of(owner).get(overview).content.decode()
    Shop.objects.update(status="normal")
    make_strategy(shop)
    assert steps_at(shop) not in client_of(owner).get(overview).content.decode()


def test_files_add_the_step_that_has_them_approved() -> None:
    shop = make_shop()
    client = english_client(make_user(shop))
    assert "Automatic approval of fresh files" not in text_of(client.get(steps_at(shop)))
    shop.file_imports.create(created_at=NOON, names=["a.csv"], digests=["a"])
    assert "Automatic approval of fresh files advised" in text_of(client.get(steps_at(shop)))
    Shop.objects.update(approves_exports=True)
    assert "Automatic approval of fresh files Done" in text_of(client.get(steps_at(shop)))


def test_an_empty_shop_never_says_that_all_is_done() -> None:
    owner = make_user(make_shop(name="Old"))
    shop = made(owner)
    agent = make_user(shop, Role.CS_AGENT)
    done, nothing = "Nothing is left here", "No case has come in yet"
    page = english_client(agent).get(WORKBENCH).content.decode()
    assert nothing in page and "An owner or administrator connects" in page
    assert steps_at(shop) not in page
    client = english_client(owner)
    for where in (f"{WORKBENCH}?shop={shop.pk}", reverse("desk:workbench-rows")):
        page = client.get(where).content.decode()
        assert nothing in page and f"First steps of {shop.name}" in page
        assert page.count(done) == page.count('<template id="wb-nothing">')
    make_ticket(make_order(shop), status="refunded", awaiting_evaluation=False)
    page = english_client(agent).get(WORKBENCH).content.decode()
    assert done in page and nothing not in page


def test_an_operator_of_an_empty_installation_is_led_to_the_first_shop() -> None:
    operator = english_client(make_user(is_superuser=True))
    for where in (WORKBENCH, "/admin/", reverse("desk:shop-settings-chooser")):
        assert NEW in operator.get(where).content.decode(), where
