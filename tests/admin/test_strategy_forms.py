"""Adding and changing strategies: the form, the dialogs, the pause (SPEC T1-T8, E1, G2, P1)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import AuditEntry, Order, Refund, Shop, Ticket
from strategies.models import RulebookRevision, Scenario, Strategy, StrategyRevision
from tests.factories import make_strategy

from .clients import chinese_client, client_of, english_client, url
from .scene import Scene
from .test_languages import english

MAY = ["owner", "admin"]
MAY_NOT = ["cs_manager", "cs_agent", "viewer"]
TYPED = {
    "name": "night",
    "execution_time": "windows",
    "window_from": ["22:00", ""],
    "window_to": ["08:00", ""],
    "single_amount_cap": "￥1,200",
    "product_condition": "all",
    "skip_label_printed": "on",
    "skip_risky": "on",
    "paid_time": "off_hours",
}


def add_url(scene: Scene, key: str = "pre_ship_refund") -> str:
    return reverse("automation:strategy-add", args=[key]) + f"?shop={scene.shop.pk}"


def step(name: str, strategy: Strategy) -> str:
    return reverse(f"automation:strategy-{name}", args=[strategy.pk])


def written() -> tuple[Any, ...]:
    return (
        list(Strategy.objects.order_by("pk").values()),
        StrategyRevision.objects.count(),
        RulebookRevision.objects.count(),
        list(Shop.objects.order_by("pk").values()),
        # A refusal is an entry (tests/trail).
        AuditEntry.objects.exclude(kind="refused").count(),
    )


def errors(response: Any) -> dict[str, list[str]]:
    return {name: list(said) for name, said in response.context["form"].errors.items()}


def test_a_new_strategy_is_saved_and_not_enabled(own: Scene) -> None:
    """SPEC T1, T2, T4: money in yuan, the daily cap's default, off until somebody enables it."""
    owner = client_of(own.people["owner"])
    response = owner.post(add_url(own), TYPED)
    made = Strategy.objects.get(name="night")
    assert response.headers["Location"] == url(Strategy, "change", made.pk) + "?saved=1"
    assert (made.shop, made.scenario, made.enabled) == (own.shop, "pre_ship_refund", False)
    assert (made.single_amount_cap, made.daily_cap) == (120_000, 5_000_000)
    assert (made.windows, made.order_statuses) == ([["22:00", "08:00"]], ["shipped", "delivered"])
    assert made.revisions.get().created_by == own.people["owner"]
    page = owner.get(url(Strategy, "change", made.pk)).content.decode()
    assert "between 22:00 and 08:00" in page and "Enable…" in page


def test_all_fields_of_a_scenario(own: Scene) -> None:
    sent = {
        "name": "all",
        "remark": "why",
        "order_statuses": ["delivered"],
        "product_condition": "include",
        "products": " p1 \n\np2\np1",
        "categories": "c1",
        "buyer_reasons": ["damaged", "other"],
        "execution_time": "all_day",
        "valid_from": "2026-12-01T08:00",
        "valid_until": "2026-12-02T08:00",
        "single_amount_cap": "60000",
        "time_limit_hours": "48",
        "breaker_hits": "5",
        "breaker_amount": "99.90",
        "breaker_minutes": "30",
        "refund_reason": "filed",
    }
    client_of(own.people["admin"]).post(add_url(own, "post_ship_refund"), sent)
    made = Strategy.objects.get(name="all")
    # SPEC T4: the single-amount cap where it is above 50,000 yuan.
    assert (made.single_amount_cap, made.daily_cap) == (6_000_000, 6_000_000)
    assert (made.products, made.categories) == (["p1", "p2"], ["c1"])
    assert (made.order_statuses, made.buyer_reasons) == (["delivered"], ["damaged", "other"])
    assert (
        made.valid_from is not None and made.valid_from.isoformat() == "2026-12-01T00:00:00+00:00"
    )
    assert (made.breaker_hits, made.breaker_amount, made.breaker_minutes) == (5, 9_990, 30)
    assert (made.time_limit_hours, made.remark, made.refund_reason) == (48, "why", "filed")


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("pre_ship_refund", {"name": " "}, "name", "Expected a name."),
    ("pre_ship_refund", {"name": "n" * 129}, "name", "Expected at most 128 characters"),
    ("pre_ship_refund", {"name": "mine-strategy"}, "name", "has a strategy named"),
    ("pre_ship_refund", {"single_amount_cap": ""}, "single_amount_cap", "such as 59.90"),
    ("pre_ship_refund", {"single_amount_cap": "1.234"}, "single_amount_cap", "such as 59.90"),
    ("pre_ship_refund", {"single_amount_cap": "0.99"}, "single_amount_cap", "1.00 to 99999.00"),
    ("pre_ship_refund", {"daily_cap": "1199.99"}, "daily_cap", "at least the single-amount cap"),
    ("pre_ship_refund", {"daily_cap": "lots"}, "daily_cap", "such as 59.90"),
    ("pre_ship_refund", {"time_limit_hours": "a day"}, "time_limit_hours", "a whole number"),
    ("pre_ship_refund", {"time_limit_hours": "0"}, "time_limit_hours", "at least 1"),
    ("pre_ship_refund", {"valid_from": "tomorrow"}, "valid_from", "a date and a time"),
    ("pre_ship_refund", {"valid_until": "0026-12-01T08:00"}, "valid_until", "a date and a time"),
    ("pre_ship_refund", {"window_to": ["", ""]}, "execution_time", "a start and an end"),
    ("pre_ship_refund", {"window_from": "25:00"}, "execution_time", "a start and an end"),
    ("pre_ship_refund", {"window_from": "", "window_to": ""}, "execution_time", "at least one"),
    ("pre_ship_refund", {"breaker_hits": "5"}, "breaker_minutes", "1 to 1,440"),
    ("pre_ship_refund", {"breaker_minutes": "5"}, "breaker_hits", "a number of refunds"),
    ("pre_ship_refund", {"breaker_hits": "x", "breaker_minutes": "5"}, "breaker_hits", "a whole"),
    (
        "pre_ship_refund",
        {"product_condition": "include", "products": "p\n" + "x" * 65},
        "products",
        "Line 2: expected at most 64 characters",
    ),
    (
        "pre_ship_refund",
        {"product_condition": "include", "categories": "x" * 65},
        "categories",
        "Line 1: expected at most 64 characters",
    ),
    ("post_ship_refund", {"execution_time": "all_day"}, "order_statuses", "at least one"),
    (
        "post_ship_refund",
        {"execution_time": "off_hours", "order_statuses": "shipped"},
        "execution_time",
        "off_hours is not one of",
    ),
    ("pre_ship_refund", {"refund_reason": "x" * 129}, "refund_reason", "at most 128"),
]


@pytest.mark.parametrize(("key", "wrong", "field", "expected"), BAD)
def test_each_bad_input_is_named_at_its_field(
    own: Scene, key: str, wrong: dict[str, Any], field: str, expected: str
) -> None:
    """The page says what was expected and keeps the input; nothing is written."""
    before = written()
    response = client_of(own.people["owner"]).post(add_url(own, key), TYPED | wrong)
    assert response.status_code == 422
    said = errors(response)
    assert list(said) == [field] and expected in said[field][0]
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert str((TYPED | wrong)["single_amount_cap"]) in page
    assert written() == before


def test_everything_that_is_wrong_is_said_at_once(own: Scene) -> None:
    wrong = {"daily_cap": "5", "breaker_hits": "5", "window_from": "", "time_limit_hours": "-1"}
    response = client_of(own.people["owner"]).post(add_url(own), TYPED | wrong)
    assert set(errors(response)) == {
        "daily_cap",
        "breaker_minutes",
        "execution_time",
        "time_limit_hours",
    }


def test_an_eleventh_is_refused(own: Scene) -> None:
    """SPEC T3, in the picker and at the service."""
    for _number in range(9):
        make_strategy(own.shop, enabled=False)
    owner = client_of(own.people["owner"])
    page = owner.get(reverse("automation:strategy-new"), {"shop": own.shop.pk}).content.decode()
    assert 'id="add-pre_ship_refund"' not in page and 'id="add-off_hours"' not in page
    assert 'id="add-post_ship_refund"' in page and "All 10 places are taken" in page
    # Shown before any input, also for a copy or a direct link.
    for form in (add_url(own), step("duplicate", own.row(Strategy))):
        assert "The scenario is full" in owner.get(form).content.decode()
    before = written()
    response = owner.post(add_url(own), TYPED)
    page = response.content.decode()
    assert response.status_code == 422 and "has 10 strategies already" in page
    assert "look at what is marked" not in page
    assert written() == before


def test_the_picker_says_where_to_set_working_hours(own: Scene) -> None:
    """SPEC T7."""
    owner = client_of(own.people["owner"])
    address = reverse("automation:strategy-new")
    assert "no working hours" in owner.get(address).content.decode()
    Shop.objects.filter(pk=own.shop.pk).update(working_hours={"mon": [["09:00", "18:00"]]})
    assert "no working hours" not in owner.get(address).content.decode()


def test_enabling_without_working_hours_shows_where_to_set_them(own: Scene) -> None:
    """SPEC T7."""
    strategy = make_strategy(own.shop, enabled=False, execution_time="off_hours")
    owner = client_of(own.people["owner"])
    page = owner.get(step("enable", strategy)).content.decode()
    assert reverse("desk:shop-settings", args=[own.shop.pk]) in page
    assert 'type="submit"' not in page and 'name="read"' not in page
    Shop.objects.filter(pk=own.shop.pk).update(working_hours={"mon": [["09:00", "18:00"]]})
    page = owner.get(step("enable", strategy)).content.decode()
    assert 'type="submit"' in page and "no working hours" not in page


@pytest.mark.parametrize("shop", ["", "0", "x", "²", "9" * 30])
def test_no_such_shop(own: Scene, shop: str) -> None:
    owner = client_of(own.people["owner"])
    add = reverse("automation:strategy-add", args=["off_hours"])
    assert owner.get(add, {"shop": shop}).status_code == 404
    if shop:
        assert owner.get(reverse("automation:strategy-new"), {"shop": shop}).status_code == 404
        sent = {"shop": shop}
        assert owner.post(reverse("desk:automation-pause"), sent).status_code == 404
    unknown = reverse("automation:strategy-add", args=["no_such"])
    assert owner.get(unknown, {"shop": own.shop.pk}).status_code == 404


def test_a_change_keeps_what_the_form_does_not_show(own: Scene) -> None:
    """Saved as it was shown, a strategy is as it was."""
    strategy = make_strategy(
        own.shop,
        name="whole",
        windows=[["18:00", "24:00"]],
        execution_time="windows",
        valid_from="2026-11-20T08:00:09+08:00",
        order_statuses=["shipped"],
        buyer_reasons=["their_word", "other"],
        breaker={"hits": 5, "minutes": 30},
    )
    owner = client_of(own.people["owner"])
    form = owner.get(step("edit", strategy)).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    rows = {"window_from": [row[0] for row in form.windows], "window_to": ["00:00"]}
    assert owner.post(step("edit", strategy), sent | rows | {"revision": 2}).status_code == 302
    after = Strategy.objects.get(pk=strategy.pk)
    for field in Strategy._meta.fields:
        if field.name not in ("revision", "windows"):
            assert getattr(after, field.name) == getattr(strategy, field.name), field.name
    assert (after.windows, after.revision) == ([["18:00", "00:00"]], 3)


def test_a_stale_change_is_refused_with_what_changed(own: Scene) -> None:
    """SPEC T5's way for a strategy: 409, the difference, nothing written, what was typed kept."""
    strategy = own.row(Strategy)
    owner, admin = client_of(own.people["owner"]), client_of(own.people["admin"])
    theirs = {**TYPED, "name": "mine-strategy", "daily_cap": "6000", "revision": 1}
    # An order dragged meanwhile is no part of the saved changes.
    Strategy.objects.filter(pk=strategy.pk).update(priority=2)
    assert admin.post(step("edit", strategy), theirs).status_code == 302
    before = written()
    mine = {**theirs, "daily_cap": "7000", "remark": "kept text"}
    response = owner.post(step("edit", strategy), mine)
    assert response.status_code == 409 and written() == before
    page = response.content.decode()
    assert "mine-admin changed it" in page and "kept text" in page
    assert "<del>¥5,000.00</del> → <ins>¥6,000.00</ins>" in page
    assert "Priority: <del>" not in page
    assert owner.post(step("edit", strategy), {**mine, "revision": 2}).status_code == 302
    strategy.refresh_from_db()
    assert (strategy.daily_cap, strategy.revision) == (700_000, 3)


IDLE = ["order statuses", "pass by orders with a label", "order paid", "daily windows"]


@pytest.mark.parametrize(
    ("scenario", "execution_time", "shown"),
    [
        ("pre_ship_refund", "all_day", IDLE[1:2]),
        ("pre_ship_refund", "off_hours", IDLE[1:3]),
        ("post_ship_refund", "windows", [IDLE[0], IDLE[3]]),
    ],
)
def test_what_decides_nothing_is_not_shown_as_a_condition(
    own: Scene, scenario: str, execution_time: str, shown: list[str]
) -> None:
    """SPEC T1, T7: on the strategy's own page, and in its revisions."""
    set_so = {"execution_time": execution_time, "windows": [["22:00", "08:00"]]}
    strategy = make_strategy(own.shop, enabled=False, scenario=scenario, name="set", **set_so)
    client = english_client(own.people["viewer"])
    for page in (
        url(Strategy, "change", strategy.pk),
        reverse("automation:revisions", args=[strategy.pk]),
    ):
        text = client.get(page).content.decode().lower()
        assert [
            label for label in IDLE if f">{label}<" in re.sub(r"\s*([<>])\s*", r"\1", text)
        ] == (shown), page


def test_a_copy_has_another_name_and_is_not_enabled(own: Scene) -> None:
    source = make_strategy(own.shop, name="first", buyer_reasons=["other"])
    owner = client_of(own.people["owner"])
    form = owner.get(step("duplicate", source)).context["form"]
    assert form["name"].value() == "first (copy)" and form["buyer_reasons"].value() == ["other"]
    owner.post(step("duplicate", source), {**TYPED, "name": "first (copy)"})
    made = Strategy.objects.get(name="first (copy)")
    assert (made.enabled, made.priority) == (False, 3)
    form = owner.get(step("duplicate", source)).context["form"]
    assert form["name"].value() == "first (copy) 2"


def test_enabling_asks_with_the_risks(own: Scene) -> None:
    """SPEC T2: after reading the risks of what is enabled; a later version is not what was read."""
    strategy = own.row(Strategy)
    owner = client_of(own.people["owner"])
    asked = owner.get(step("enable", strategy)).content.decode()
    assert "not where the parcel is" in asked and "Enable: up to ¥50.00 a refund" in asked
    before = written()
    assert owner.post(step("enable", strategy), {"revision": 1}).status_code == 422
    stale = owner.post(step("enable", strategy), {"revision": 7, "read": "1"})
    assert stale.status_code == 409 and written() == before
    response = owner.post(step("enable", strategy), {"revision": 1, "read": "1"})
    strategy.refresh_from_db()
    assert response.status_code == 204 and strategy.enabled
    assert owner.get(step("disable", strategy)).status_code == 200
    strategy.refresh_from_db()
    assert strategy.enabled
    assert owner.post(step("disable", strategy)).status_code == 204
    strategy.refresh_from_db()
    assert not strategy.enabled


def test_enabling_without_working_hours_is_refused(own: Scene) -> None:
    """SPEC T7: the error says where to set them."""
    strategy = make_strategy(own.shop, enabled=False, execution_time="off_hours")
    before = written()
    sent = {"revision": 1, "read": "1"}
    response = client_of(own.people["owner"]).post(step("enable", strategy), sent)
    assert response.status_code == 422 and "has no working hours" in response.content.decode()
    assert written() == before


def test_evaluating_what_waits_is_offered(own: Scene) -> None:
    """SPEC E1: whoever changes strategies is offered it; it is not done by itself."""
    ticket = own.row(Ticket)
    Ticket.objects.filter(pk=ticket.pk).update(status="pending_review", awaiting_evaluation=False)
    owner = client_of(own.people["owner"])
    sent = {"revision": 1, "read": "1"}
    offer = owner.post(step("enable", own.row(Strategy)), sent)
    assert offer.status_code == 200 and "Evaluate 1 ticket now" in offer.content.decode()
    ticket.refresh_from_db()
    assert not ticket.awaiting_evaluation
    again = reverse("desk:automation-evaluate", args=[own.shop.pk])
    assert owner.post(again).status_code == 204
    ticket.refresh_from_db()
    assert ticket.awaiting_evaluation


def test_a_deleted_strategy_stays_readable(own: Scene) -> None:
    """SPEC T8."""
    strategy = own.row(Strategy)
    owner = client_of(own.people["owner"])
    assert "stay readable" in owner.get(step("delete", strategy)).content.decode()
    assert owner.post(step("delete", strategy)).status_code == 204
    page = owner.get(url(Strategy, "change", strategy.pk)).content.decode()
    assert "It is deleted" in page and "Enable…" not in page
    # SPEC T8: in the list it is out of the way, and still there.
    for shown, count in (("", 0), ("yes", 1), ("all", 1)):
        found = owner.get(url(Strategy, "changelist"), {"deleted": shown})
        assert found.context["cl"].result_count == count, shown
    for name in ("edit", "duplicate", "enable", "disable", "delete"):
        assert owner.get(step(name, strategy)).status_code == 404


def test_the_sentence_follows_what_is_typed(own: Scene) -> None:
    """Also a half-filled form has one; dangerous settings are said and block nothing."""
    address = reverse("automation:strategy-sentence")
    sent = {"shop": own.shop.pk, "scenario": "post_ship_refund", "single_amount_cap": "150"}
    before = written()
    page = client_of(own.people["owner"]).post(address, sent).content.decode()
    assert "up to ¥150" in page and "no products are chosen" in page
    assert "more than ¥100 a ticket" in page and "No circuit breaker" in page
    sent |= {"single_amount_cap": "x", "valid_until": "nonsense", "breaker_hits": "5"}
    assert "up to ¥…" in client_of(own.people["owner"]).post(address, sent).content.decode()
    assert written() == before


Call = Callable[[Client, Scene], Any]
CALLS: dict[str, Call] = {
    "picker": lambda c, s: c.get(reverse("automation:strategy-new"), {"shop": s.shop.pk}),
    "add page": lambda c, s: c.get(add_url(s)),
    "add": lambda c, s: c.post(add_url(s), TYPED),
    "sentence": lambda c, s: c.post(
        reverse("automation:strategy-sentence"),
        {"shop": s.shop.pk, "scenario": "pre_ship_refund"},
    ),
    "pause": lambda c, s: c.post(reverse("desk:automation-pause"), {"shop": s.shop.pk}),
    "resume page": lambda c, s: c.get(reverse("desk:automation-resume", args=[s.shop.pk])),
    "resume": lambda c, s: c.post(reverse("desk:automation-resume", args=[s.shop.pk])),
    "evaluate": lambda c, s: c.post(reverse("desk:automation-evaluate", args=[s.shop.pk])),
}


@pytest.mark.parametrize("who", [*MAY_NOT, "stranger", *MAY])
def test_who_may(own: Scene, foreign: Scene, who: str) -> None:
    """SPEC P1: owners and admins; to a stranger the shop and its strategies do not exist."""
    client = client_of(foreign.people["owner"] if who == "stranger" else own.people[who])
    strategy, before = own.row(Strategy), written()
    expected = {"stranger": 404}.get(who, 403)
    for name in ("edit", "duplicate", "enable", "disable", "delete"):
        status = client.get(step(name, strategy)).status_code
        assert status == (200 if who in MAY else expected), name
        if who not in MAY:
            sent = {**TYPED, "revision": 1, "read": "1"}
            assert client.post(step(name, strategy), sent).status_code == expected, name
    for name, call in CALLS.items():
        status = call(client, own).status_code
        assert status in ((200, 204, 302) if who in MAY else (expected,)), name
    if who not in MAY:
        assert written() == before
    assert Client().post(step("delete", strategy)).status_code == 302  # to the login


def test_the_pause_says_who_and_when_and_is_ended_there(own: Scene) -> None:
    """SPEC G2: on every page; resuming says how many refunds were held."""
    admin, viewer = client_of(own.people["admin"]), client_of(own.people["viewer"])
    lists = url(Strategy, "changelist")
    assert "Pause automatic refunds…" in admin.get(lists).content.decode()
    assert "Pause automatic refunds…" not in viewer.get(lists).content.decode()
    assert "Pause automatic refunds…" not in admin.get(url(Ticket, "changelist")).content.decode()
    asked = admin.get(reverse("desk:automation-pause")).content.decode()
    assert "Fast refund goes on" in asked
    admin.post(reverse("desk:automation-pause"), {"shop": own.shop.pk})
    own.shop.refresh_from_db()
    assert own.shop.automation_paused_by == own.people["admin"]
    resume = reverse("desk:automation-resume", args=[own.shop.pk])
    for page in (url(Order, "changelist"), reverse("desk:notices"), lists):
        text = admin.get(page).content.decode()
        assert "paused since" in text and "by mine-admin" in text and resume in text
        assert resume not in viewer.get(page).content.decode()
    Refund.objects.update(source="strategy", status="requested")
    assert "1 refund is held" in admin.get(resume).content.decode()
    admin.post(resume)
    own.shop.refresh_from_db()
    assert not own.shop.automation_paused


def test_several_pauses_are_one_line(own: Scene, foreign: Scene, operator: Any) -> None:
    client = client_of(operator)
    both = [own, foreign]
    for scene in both:
        client.post(reverse("desk:automation-pause"), {"shop": scene.shop.pk})
    page = client.get(reverse("desk:notices")).content.decode()
    assert "Automatic refunds of 2 shops are paused." in page
    assert all(reverse("desk:automation-resume", args=[s.shop.pk]) in page for s in both)


def test_a_pause_asks_for_the_shop(own: Scene, foreign: Scene, operator: Any) -> None:
    response = client_of(operator).post(reverse("desk:automation-pause"))
    assert response.status_code == 422 and not Shop.objects.exclude(automation_paused_at=None)


def test_the_pages_are_chinese(own: Scene) -> None:
    client = chinese_client(own.people["owner"])
    strategy = own.row(Strategy)
    pages = [reverse("automation:strategy-new"), add_url(own, "off_hours")]
    pages += [add_url(own, scenario) for scenario in Scenario.values]
    pages += [step(n, strategy) for n in ("edit", "duplicate", "enable", "disable", "delete")]
    pages += [reverse("desk:automation-pause"), url(Strategy, "change", strategy.pk)]
    pages += [reverse(f"desk:automation-{n}", args=[own.shop.pk]) for n in ("resume", "evaluate")]
    found = {page: english(client.get(page).content.decode()) for page in pages}
    assert {page: words for page, words in found.items() if words} == {}
