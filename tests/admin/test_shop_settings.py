"""The settings of a shop: who sees and who saves each section (SPEC P1), in the browser's words."""

import html
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from aftersale.admin.shop_settings.frame import NEEDS, SECTIONS, address_of, seal
from aftersale.models import AuditEntry, BlockedBuyer, Membership, Role, Shop, WebhookEndpoint
from aftersale.services.access.rights import ROLES
from aftersale.services.shops import settings
from tests.factories import make_shop, make_strategy

from .clients import chinese_client, client_of
from .scene import Scene
from .shop_pages import HTMX, MON, address, prepare
from .test_languages import english

WEBHOOK_STEPS = ("change", "rotate", "on", "off", "remove", "again")


def dialogs(scene: Scene) -> dict[str, str]:
    """Every dialog, with the roles that may open it."""
    shop = scene.shop
    blocked = BlockedBuyer.objects.get(shop=shop)
    member = Membership.objects.filter(shop=shop, role="owner").get()
    webhook = scene.row(WebhookEndpoint)
    return {
        address("shop-special-day-add", shop): "owner",
        address("shop-holidays", shop): "owner",
        address("shop-special-day-change", shop, "2026-10-01", "2026-10-02"): "owner",
        address("shop-special-day-remove", shop, "2026-10-01", "2026-10-02"): "owner",
        address("shop-fast-refund-in", shop): "owner",
        address("shop-fast-refund-out", shop): "owner",
        address("shop-block", shop): "owner admin",
        address("shop-unblock", shop, blocked.pk): "owner admin",
        address("shop-invite", shop): "owner admin",
        address("shop-second-person-change", shop): "owner",
        address("shop-member-role", shop, member.pk): "owner admin",
        address("shop-member-remove", shop, member.pk): "owner admin",
        **{
            address(f"shop-webhook-{step}", shop, *args): "owner"
            for step, args in [("add", ()), *((s, (webhook.pk,)) for s in WEBHOOK_STEPS)]
        },
    }


def saves(scene: Scene) -> list[tuple[str, dict[str, Any], str]]:
    """Every address that writes: with what, and which roles may."""
    shop = Shop.objects.get(pk=scene.shop.pk)
    days = ["2026-10-01", "2026-10-02"]
    seen = seal(settings.special_days_of(shop, days))
    blocked = BlockedBuyer.objects.filter(shop=shop).first()
    viewer = Membership.objects.get(shop=shop, user__username=f"{scene.mark}-viewer").pk
    limit = seal(settings.buyer_limit_of(shop))
    run = ("2026-10-01", "2026-10-02")
    return [
        (
            address("shop-settings", shop),
            {
                "seen": seal(settings.hours_of(shop)),
                "timezone": "Asia/Shanghai",
                "tue-from": "9",
                "tue-to": "1830",
            },
            "owner",
        ),
        (
            address("shop-special-day-add", shop),
            {"first": "2026-12-24", "last": "2026-12-26", "closed": "yes"},
            "owner",
        ),
        (
            address("shop-special-day-change", shop, *run),
            {"seen": seen, "closed": "no", "own-from": "10:00", "own-to": "0:00"},
            "owner",
        ),
        (address("shop-special-day-remove", shop, *run), {"seen": seen}, "owner"),
        (
            address("shop-holidays", shop) + "?year=2026",
            {
                "seen": seal(settings.special_days_of(shop, ["2026-05-01", "2026-05-09"])),
                "day": ["2026-05-01", "2026-05-09"],
                "like": "mon",
            },
            "owner",
        ),
        (address("shop-fast-refund-in", shop), {}, "owner"),
        (address("shop-fast-refund-out", shop), {}, "owner"),
        (
            address("shop-guards", shop),
            {"seen": limit, "days": "30", "count": "", "amount": "99.90"},
            "owner admin",
        ),
        (address("shop-guards-off", shop), {"seen": limit}, "owner admin"),
        (address("shop-block", shop), {"buyer": "mine-bad", "note": "x"}, "owner admin"),
        (address("shop-unblock", shop, blocked.pk if blocked else 0), {}, "owner admin"),
        (
            address("shop-services", shop),
            {
                "seen": seal(settings.commission_return_of(shop)),
                "wallet_opened_at": "2026-01-02T10:00",
                "categories": "shoes\n\nbags",
                "days": "60",
            },
            "owner",
        ),
        (
            address("shop-invite", shop),
            {"whom": "newcomer", "role": "viewer", "shops": [shop.pk]},
            "owner admin",
        ),
        (
            address("shop-member-role", shop, viewer),
            {"seen": "viewer", "role": "cs_agent"},
            "owner admin",
        ),
        (
            address("shop-second-person-change", shop),
            {
                "seen": seal(settings.approval_limits_of(shop)),
                "cs_agent": "50",
                "cs_manager": "500.50",
            },
            "owner",
        ),
        (address("shop-member-remove", shop, viewer), {}, "owner admin"),
    ]


def state(shop: Shop) -> Any:
    return (
        Shop.objects.filter(pk=shop.pk).values().get(),
        list(shop.fast_refund_periods.values_list("starts_at", "ends_at")),
        list(shop.blocked_buyers.values_list("buyer", "note")),
        list(shop.memberships.order_by("pk").values_list("user", "role")),
        list(shop.approval_limits.order_by("pk").values_list("role", "amount")),
        AuditEntry.objects.filter(shop=shop).count(),
    )


@pytest.fixture(autouse=True)
def days(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(own, monkeypatch)


def who(own: Scene, foreign: Scene, name: str) -> Client:
    if name == "stranger":
        return client_of(foreign.people["owner"])
    if name == "outsider":
        return client_of(User.objects.create_user("outsider", is_staff=True))
    return client_of(own.people[name])


@pytest.mark.parametrize("name", [*Role.values, "stranger", "outsider"])
def test_who_sees_what(own: Scene, foreign: Scene, name: str) -> None:
    """All members read every section but those in NEEDS; dialogs open for those who may save."""
    client = who(own, foreign, name)
    none = {"stranger": 404, "outsider": 403}.get(name)
    for section in SECTIONS:
        response = client.get(address_of(section, own.shop))
        hidden = section in NEEDS and name not in ROLES[NEEDS[section]]
        assert response.status_code == (none or (403 if hidden else 200)), section
        if none is None and not hidden:
            may = name == "owner" or (
                name == "admin" and section in ("shop-guards", "shop-members", "monitoring:robots")
            )
            page = response.content.decode()
            steps = "save-|invite|add-token|add-webhook|block-step|second-change|fast-refund-step"
            steps += "|test-platform|add-robot"
            found = re.search(f'id="({steps})', page)
            if section not in ("shop-deadlines", "shop-special-days"):
                assert bool(found) == may, section
    for dialog, roles in dialogs(own).items():
        expected = none or (200 if name in roles.split() else 403)
        assert client.get(dialog).status_code == expected, dialog


@pytest.mark.parametrize("name", [*Role.values, "stranger", "outsider"])
def test_who_saves_what(own: Scene, foreign: Scene, name: str) -> None:
    """SPEC P1; whoever may not changes nothing, and strangers are told of nothing."""
    client = who(own, foreign, name)
    none = {"stranger": 404, "outsider": 403}.get(name)
    for place in range(len(saves(own))):
        where, sent, roles = saves(own)[place]
        before = state(own.shop)
        response = client.post(where, sent, **HTMX)
        if none is None and name in roles.split():
            if where.endswith("/invite/"):  # its dialog stays open, with the link in it
                assert response.status_code == 200 and state(own.shop) != before
                continue
            assert response.status_code == 204, (where, response.content.decode())
            assert "desk:done" in json.loads(response.headers["HX-Trigger"])
            if not where.endswith("guards/off/"):
                assert state(own.shop) != before, where
        else:
            assert response.status_code == (none or 403), where
            assert state(own.shop) == before, where
    draft = client.post(address("shop-hours-draft", own.shop), {"mon-from": "9"}, **HTMX)
    assert draft.status_code == (none or (200 if name == "owner" else 403))


def test_rows_of_another_shop_are_not_found_through_ones_own(own: Scene, foreign: Scene) -> None:
    client = client_of(own.people["owner"])
    member = Membership.objects.get(shop=foreign.shop)
    blocked = BlockedBuyer.objects.get(shop=foreign.shop)
    before = state(foreign.shop)
    for where in (
        address("shop-unblock", own.shop, blocked.pk),
        address("shop-member-role", own.shop, member.pk),
        address("shop-member-remove", own.shop, member.pk),
    ):
        assert client.get(where).status_code == 404
        assert client.post(where, {"role": "viewer", "seen": "owner"}).status_code == 404
    assert state(foreign.shop) == before


def test_only_what_was_saved_is_written(own: Scene) -> None:
    client = client_of(own.people["owner"])
    for place in (0, 1, 2, 4, 7, 11):
        where, sent, _roles = saves(own)[place]
        assert client.post(where, sent, **HTMX).status_code == 204
    shop = Shop.objects.get(pk=own.shop.pk)
    assert shop.working_hours == {"tue": [["09:00", "18:30"]]}
    assert shop.special_days == {
        "2026-05-01": [],
        "2026-10-01": [["10:00", "24:00"]],
        "2026-10-02": [["10:00", "24:00"]],
        "2026-12-24": [],
        "2026-12-25": [],
        "2026-12-26": [],
    } | {"2026-05-09": []}
    assert (shop.buyer_limit_days, shop.buyer_limit_count, shop.buyer_limit_amount) == (
        30,
        None,
        9_990,
    )
    assert f"{shop.wallet_opened_at:%Y-%m-%d %H:%M %Z}" == "2026-01-02 02:00 UTC"
    assert (shop.commission_categories, shop.commission_days) == (["shoes", "bags"], 60)


def test_stale_hours_keep_what_was_typed(own: Scene) -> None:
    client = client_of(own.people["owner"])
    where, sent, _roles = saves(own)[0]
    shop = Shop.objects.get(pk=own.shop.pk)
    shop.working_hours = {"mon": [["10:00", "18:00"]]}
    shop.save()
    response = client.post(where, sent, **HTMX)
    page = html.unescape(response.content.decode())
    assert response.status_code == 409
    assert "nothing of yours was: Mon: 09:00–18:00 → 10:00–18:00" in page
    assert 'value="18:30"' in page and "Show the settings as they are now" in page
    shop.refresh_from_db()
    assert shop.working_hours == {"mon": [["10:00", "18:00"]]}
    # A made-up seal is no way around.
    assert client.post(where, sent | {"seen": "made:up"}, **HTMX).status_code == 409


def test_days_that_somebody_else_removed_are_not_changed(own: Scene) -> None:
    client = client_of(own.people["owner"])
    where, sent, _roles = saves(own)[2]
    Shop.objects.filter(pk=own.shop.pk).update(special_days={})
    response = client.post(where, sent, **HTMX)
    assert response.status_code == 409
    assert "2026-10-01 – 2026-10-02: closed → as usual" in response.content.decode()
    assert Shop.objects.get(pk=own.shop.pk).special_days == {}
    assert client.post(where, {"closed": "yes"}, **HTMX).status_code == 404


def test_wrong_hours_are_shown_at_their_place(own: Scene) -> None:
    client = client_of(own.people["owner"])
    where, sent, _roles = saves(own)[0]
    response = client.post(where, sent | {"tue-to": "25:00"}, **HTMX)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="25:00"' in page and 'aria-invalid="true"' in page
    assert "Type times such as 09:00" in page
    sent = {"seen": sent["seen"], "timezone": "Asia/Shanghai"}
    sent |= {"tue-from": ["9:00", "12:00"], "tue-to": ["13:00", "18:00"]}  # type: ignore[dict-item]
    response = client.post(where, sent, **HTMX)
    assert response.status_code == 422
    assert "Tuesday: 09:00–13:00 and 12:00–18:00 overlap." in response.content.decode()
    assert Shop.objects.get(pk=own.shop.pk).working_hours == MON


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("shop-special-day-add", {"first": "", "closed": "yes"}, "This field is required."),
        (
            "shop-special-day-add",
            {"first": "2026-12-02", "last": "2026-12-01"},
            "The last day comes after the first",
        ),
        ("shop-special-day-add", {"first": "2026-12-02", "closed": "no"}, "Give the hours"),
        ("shop-special-day-add", {"first": "2026-10-01"}, "2026-10-01 has hours of its own"),
        ("shop-guards", {"count": "3"}, "Say in how many days the limit counts."),
        ("shop-guards", {"days": "30"}, "Give a number of refunds, an amount, or both."),
        ("shop-guards", {"days": "30", "amount": "1.234"}, "an amount in yuan, such as 59.90"),
        ("shop-services", {"categories": "shoes"}, "Say within how many days"),
        ("shop-block", {"buyer": ""}, "This field is required."),
        ("shop-block", {"buyer": "mine-blocked"}, "mine-blocked is on the list already."),
        ("shop-invite", {"whom": "x", "role": "viewer"}, "This field is required."),
        ("shop-invite", {"whom": "x", "role": "boss"}, "Select a valid choice."),
    ],
)
def test_wrong_input_says_what_is_wrong(own: Scene, name: str, sent: dict, said: str) -> None:
    shop = own.shop
    sent = dict(sent)
    if name == "shop-guards":
        sent["seen"] = seal(settings.buyer_limit_of(shop))
    if name == "shop-services":
        sent["seen"] = seal(settings.commission_return_of(shop))
    before = state(shop)
    response = client_of(own.people["owner"]).post(address(name, shop), sent, **HTMX)
    assert response.status_code == 422
    assert said in html.unescape(response.content.decode())
    assert state(shop) == before


def test_the_last_owner_stays(own: Scene) -> None:
    client = client_of(own.people["owner"])
    # Somebody who can't log in any more would leave the shop to nobody.
    gone = User.objects.create(username="gone", is_active=False)
    Membership.objects.create(shop=own.shop, user=gone, role="owner")
    owner = Membership.objects.get(shop=own.shop, user=own.people["owner"])
    for name, sent in (
        ("shop-member-remove", {}),
        ("shop-member-role", {"seen": "owner", "role": "viewer"}),
    ):
        response = client.post(address(name, own.shop, owner.pk), sent, **HTMX)
        assert response.status_code == 422
        assert "A shop keeps at least one owner." in response.content.decode()
    owner.refresh_from_db()
    assert owner.role == "owner"


def test_each_change_of_a_member_is_an_event_of_the_shop(own: Scene) -> None:
    owner = client_of(own.people["owner"])
    newcomer = User.objects.create(username="newcomer", is_staff=True)
    member = Membership.objects.create(shop=own.shop, user=newcomer, role="viewer")
    sent = {"seen": "viewer", "role": "admin"}
    owner.post(address("shop-member-role", own.shop, member.pk), sent, **HTMX)
    owner.post(address("shop-member-remove", own.shop, member.pk), **HTMX)
    assert not Membership.objects.filter(user__username="newcomer").exists()
    events = AuditEntry.objects.filter(kind="member").order_by("pk")
    assert [(event.note, event.user) for event in events] == [
        ("newcomer: Read only → Administrator", own.people["owner"]),
        ("newcomer: Administrator → –", own.people["owner"]),
    ]


def test_without_hours_off_hours_strategies_are_named(own: Scene) -> None:
    """SPEC T7: they would fail execution_time from then on."""
    shop = Shop.objects.get(pk=own.shop.pk)
    make_strategy(shop, name="mine-night", execution_time="off_hours")
    Shop.objects.filter(pk=shop.pk).update(special_days={})
    client = client_of(own.people["owner"])
    draft = client.post(address("shop-hours-draft", shop), {}, **HTMX).content.decode()
    assert "these strategies approve nothing: mine-night" in draft
    where, sent, _roles = saves(own)[0]
    del sent["tue-from"], sent["tue-to"]
    response = client.post(where, sent, **HTMX)
    said = json.loads(response.headers["HX-Trigger"])["desk:done"]
    assert said["kind"] == "warning"
    assert said["message"].endswith("these strategies approve nothing: mine-night")
    assert Shop.objects.get(pk=shop.pk).working_hours == {}


def test_sections_say_what_holds(own: Scene) -> None:
    shop = Shop.objects.get(pk=own.shop.pk)
    Shop.objects.filter(pk=shop.pk).update(platform="kuaishou")
    client = client_of(own.people["cs_agent"])

    def page(name: str, **query: str) -> str:
        return html.unescape(client.get(address(name, shop), query).content.decode())

    assert "Off-hours: Mon 18:00 to the next Mon 09:00" in page("shop-settings")
    rules = page("shop-fast-refund")
    assert "from 2023-09-13 00:00 on: the order's paid amount is below ¥300.00." in rules
    assert "before 2023-09-13 00:00: the buyer applied within 6 hours of payment." in rules
    assert rules.count("in force now") == 1
    limits = page("shop-deadlines")
    assert "Deadlines on Kuaishou" in limits
    assert limits.count("48 hours") == 2 and "10 days" in limits and "7 days" in limits
    assert "mine-blocked" in page("shop-guards")
    assert "mine-blocked" in page("shop-guards", q="BLOCK")
    assert "mine-blocked" not in page("shop-guards", q="nobody")
    assert "How refunds are paid: By hand" in page("shop-services")


def test_the_menu_leads_to_ones_shop_or_asks_which(own: Scene) -> None:
    client = client_of(own.people["viewer"])
    chooser = reverse("desk:shop-settings-chooser")
    assert chooser in client.get(reverse("desk:more-pages")).content.decode()
    response = client.get(chooser)
    assert response.headers["Location"] == address("shop-settings", own.shop)
    second = make_shop(name="mine-second")
    Membership.objects.create(shop=second, user=own.people["viewer"], role="viewer")
    page = client.get(chooser).content.decode()
    assert address("shop-settings", second) in page and address("shop-settings", own.shop) in page
    shop_page = reverse("admin:aftersale_shop_change", args=[own.shop.pk])
    assert address("shop-settings", own.shop) in client.get(shop_page).content.decode()


def test_chinese_pages_are_chinese(own: Scene) -> None:
    client = chinese_client(own.people["owner"])
    reader = chinese_client(own.people["viewer"])
    wrong = {}
    for section in SECTIONS:
        where = address_of(section, own.shop)
        for someone in (client, *([] if section in NEEDS else [reader])):
            if words := english(someone.get(where).content.decode()):
                wrong[where] = words
    for where in dialogs(own):
        if words := english(client.get(where).content.decode()):
            wrong[where] = words
    assert wrong == {}
