"""The page of advice: search, watch, choose a point, make drafts, try them (SPEC M6, P1)."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Role, Shop
from strategies.models import AdviceRun, Strategy, TrialRun
from strategies.services import advice
from tests.admin.clients import english_client, text_of
from tests.factories import NOON, make_shop, make_strategy, make_user
from tests.strategies.advice.past import make_past

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    return english_client(owner)


@pytest.fixture
def found(shop: Shop, owner: User) -> AdviceRun:
    make_past(shop)
    make_strategy(shop, scenario="post_ship_return", name="kept", single_amount_cap="1.00")
    run = advice.begin(shop_id=shop.pk, user=owner, now=NOON)
    advice.run(run.pk, clock=lambda: NOON)
    return AdviceRun.objects.get()


def test_the_owner_gives_limits_and_is_led_to_the_search(shop: Shop, client: Client) -> None:
    address = reverse("automation:advice-begin", args=[shop.pk])
    typed = {
        "may_lose": "1,200.5",
        "days": "120",
        "scenarios": ["post_ship_return", "pre_ship_refund"],
        "products": "p-1，p-2",
    }
    response = client.post(address, typed)
    run = AdviceRun.objects.get()
    assert response.headers["HX-Redirect"] == reverse("automation:advice-one", args=[run.pk])
    assert (run.may_lose, run.products_left_out) == (120_050, ["p-1", "p-2"])
    assert run.scenarios == ["pre_ship_refund", "post_ship_return"]
    assert (run.ends_at - run.starts_at).days == 120
    again = client.post(address, typed)
    assert (again.status_code, "under way" in text_of(again)) == (422, True)
    assert "It waits for its turn." in text_of(
        client.get(reverse("automation:advice-progress", args=[run.pk]))
    )
    stopped = client.post(reverse("automation:advice-cancel", args=[run.pk]))
    assert stopped.headers["HX-Refresh"] == "true"
    assert "It was cancelled." in text_of(client.get(reverse("automation:advice")))


@pytest.mark.parametrize("wrong", [{"may_lose": "-5"}, {"days": "3"}, {"scenarios": "none"}])
def test_limits_that_are_none(shop: Shop, client: Client, wrong: dict[str, str]) -> None:
    typed = {"may_lose": "0", "days": "90"} | wrong
    response = client.post(reverse("automation:advice-begin", args=[shop.pk]), typed)
    assert response.status_code == 422
    assert not AdviceRun.objects.exists()


def test_the_result_in_words(client: Client, found: AdviceRun) -> None:
    text = text_of(client.get(reverse("automation:advice-one", args=[found.pk])))
    assert "Advice 1" in text
    assert "Refunds unshipped orders up to" in text
    assert "within your limit" in text
    assert "Last third, not seen by the search" in text
    assert "Right, for example:" in text
    assert "Wrong, for example:" not in text
    assert "The shop has no limit for each buyer" in text
    assert "Rejected and upheld" in text
    assert "240 of 240 requests have steps of people that can be timed." in text
    # The needs of the other scenarios, and the hits of the present strategies.
    assert text.count("Too little past: 0 requests") == 4
    assert "it took nothing in these days" in text


def test_a_click_makes_drafts_and_the_next_tries_them(
    client: Client, shop: Shop, found: AdviceRun
) -> None:
    page = reverse("automation:advice-one", args=[found.pk])
    answer = client.post(reverse("automation:advice-try", args=[found.pk]), follow=True)
    assert "Make drafts first." in text_of(answer)
    place = next(n for n, each in enumerate(found.summary["points"]) if each["within_limit"])
    made = reverse("automation:advice-drafts", args=[found.pk])
    answer = client.post(made, {"point": place}, follow=True)
    assert "It is not enabled: try it on the past first." in text_of(answer)
    draft = Strategy.objects.get(shop=shop, name="Advice 1")
    assert draft.enabled is False
    assert "were made already" in text_of(client.post(made, {"point": place}, follow=True))
    assert "Make drafts of these strategies" not in text_of(client.get(page))
    answer = client.post(reverse("automation:advice-try", args=[found.pk]))
    trial = TrialRun.objects.get()
    assert answer.url == reverse("automation:trial", args=[trial.pk])
    # As it would be with the drafts enabled; they are not.
    proposed = {each["id"]: each["enabled"] for each in trial.proposed["strategies"]}
    assert proposed[draft.pk] is True
    draft.refresh_from_db()
    assert draft.enabled is False
    assert (trial.starts_at, trial.ends_at) == (found.starts_at, found.ends_at)


def test_a_guessed_point_makes_nothing(client: Client, shop: Shop, found: AdviceRun) -> None:
    made = reverse("automation:advice-drafts", args=[found.pk])
    for point in ("99", "-1", "x", ""):
        answer = client.post(made, {"point": point}, follow=True)
        assert "There is no such point." in text_of(answer)
    assert Strategy.objects.filter(shop=shop).count() == 1


def test_the_page_is_for_who_may_change_strategies(shop: Shop, found: AdviceRun) -> None:
    """tests/admin/test_roles.py walks all roles; here the links."""
    agent = english_client(make_user(shop, Role.CS_AGENT))
    assert agent.get(reverse("automation:advice")).status_code == 403
    assert "Advice" not in text_of(agent.get(reverse("automation:board")))
    stranger = english_client(make_user(make_shop(), Role.OWNER))
    for name in ("advice-one", "advice-progress"):
        assert stranger.get(reverse(f"automation:{name}", args=[found.pk])).status_code == 404
    assert stranger.get(reverse("automation:advice") + f"?shop={shop.pk}").status_code == 404


def test_an_empty_shop_says_so(client: Client, owner: User, shop: Shop) -> None:
    assert "No advice yet." in text_of(client.get(reverse("automation:advice")))
    run = advice.begin(shop_id=shop.pk, user=owner, now=timezone.now())
    advice.run(run.pk, clock=timezone.now)
    assert "There are no requests in these days." in text_of(
        client.get(reverse("automation:advice"))
    )
