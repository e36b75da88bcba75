"""SPEC P5: second factors, sessions that end, and confirmation before dangerous steps."""

import re
import time
from io import StringIO
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import ApiToken, AuditEntry, Membership, Role
from aftersale.services.access import members, second_factor
from tests.factories import make_shop, make_user

from .scene import Scene
from .test_login import AWAY, HOME, PASSWORD

pytestmark = pytest.mark.usefixtures("db")
ACCOUNT = "/account/"


def someone(role: str = Role.OWNER, *, is_demo: bool = False, **fields: Any) -> User:
    user = make_user(make_shop(is_demo=is_demo), role, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def logged_in(user: User, **where: str) -> Client:
    client = Client(**({"REMOTE_ADDR": HOME} | where))
    given = {"username": user.get_username(), "password": PASSWORD}
    assert client.post(reverse("admin:login"), given).status_code == 302
    return client


def code_for(secret: str, *, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def with_app(client: Client) -> str:
    """Sets an app up; returns its secret."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'class="ac-key">([A-Z2-7]+)<', page)[1]  # type: ignore[index]
    done = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert done.url == reverse("mfa_view_recovery_codes")  # type: ignore[attr-defined]
    return secret


def events(user: User) -> list[str]:
    return list(AuditEntry.objects.filter(whom=user).order_by("pk").values_list("kind", flat=True))


def test_for_whom_it_is_compulsory(settings: Any) -> None:
    demo, operator = (
        User.objects.create(username="d", is_superuser=True),
        someone(is_superuser=True),
    )
    demo.groups.add(Group.objects.create(name=second_factor.DEMO))
    found = {role: second_factor.is_compulsory(someone(role)) for role in Role}
    assert found == {
        "owner": True, "admin": True, "cs_manager": False, "cs_agent": False, "viewer": False,
    }  # fmt: skip
    assert second_factor.is_compulsory(operator)
    assert not second_factor.is_compulsory(demo)
    assert not any(second_factor.is_compulsory(someone(role, is_demo=True)) for role in Role)
    settings.PRODUCTION = True
    assert second_factor.is_compulsory(demo)


def test_an_owner_without_a_factor_sets_one_up_first() -> None:
    owner = someone()
    client = logged_in(owner)
    for address in ("/admin/", reverse("desk:workbench"), reverse("mfa_generate_recovery_codes")):
        assert client.get(address).url == ACCOUNT  # type: ignore[attr-defined]
        answer = client.get(address, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, ACCOUNT)
    assert "needs a second factor" in client.get(ACCOUNT).content.decode()
    assert client.get("/api/v1/tickets").status_code == 401  # no session opens the API

    secret = with_app(client)
    stored = Authenticator.objects.get(user=owner, type="totp").data["secret"]
    assert secret not in stored
    codes = re.findall(
        r"<li><code>(\d{8})<", client.get(reverse("mfa_view_recovery_codes")).content.decode()
    )
    assert len(codes) == 10
    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert not any(code in again for code in codes)
    assert client.get("/admin/").status_code == 200
    assert events(owner) == ["logged_in", "factor_added"]
    # the last factor stays
    assert "only second factor" in client.get(reverse("mfa_deactivate_totp")).content.decode()
    client.post(reverse("mfa_deactivate_totp"))
    assert second_factor.has(owner)

    # from now on each log-in asks for it, and the app's codes are good for one use
    other = logged_in(owner)
    step = reverse("mfa_authenticate")
    assert other.get("/admin/").url.startswith("/admin/login/")  # type: ignore[attr-defined]
    assert other.get(reverse("admin:login")).url == step  # type: ignore[attr-defined]
    wrong = other.post(step, {"code": "000000" if code_for(secret) != "000000" else "000001"})
    assert "wrong or was used" in wrong.content.decode()
    code = code_for(secret, ahead=1)
    assert other.post(step, {"code": code}).url == "/admin/"  # type: ignore[attr-defined]
    assert other.get("/admin/").status_code == 200
    third = logged_in(owner)
    assert "wrong or was used" in third.post(step, {"code": code}).content.decode()
    assert third.post(step, {"code": codes[0]}).url == "/admin/"  # type: ignore[attr-defined]
    fourth = logged_in(owner)
    assert "wrong or was used" in fourth.post(step, {"code": codes[0]}).content.decode()
    for _ in range(9):
        answer = fourth.post(step, {"code": "12345678"}).content.decode()
    assert "Too many wrong codes" in fourth.post(step, {"code": codes[1]}).content.decode()


def test_staff_are_offered_one_and_demo_users_are_told() -> None:
    agent, demo = someone(Role.CS_AGENT), someone(is_demo=True)
    demo.groups.add(Group.objects.create(name=second_factor.DEMO))
    assert logged_in(agent).get("/admin/").status_code == 200
    client = logged_in(demo)
    assert client.get("/admin/").status_code == 200
    page = client.get(ACCOUNT).content.decode()
    assert "user of the sample data" in page and "needs a second factor" not in page


def test_a_session_ends_after_12_hours_or_2_idle() -> None:
    bell = reverse("monitoring:bell")
    agent = someone(Role.CS_AGENT)
    start = time.time()

    def at(hours: float, address: str = "/admin/", **headers: str) -> int:
        with time_machine.travel(start + hours * 3600):
            return client.get(address, headers=headers).status_code

    client = logged_in(agent)
    assert at(1.9) == 200
    assert at(3.8) == 200
    # what the page asks for by itself is no sign of a person
    assert [at(hours, bell, **{"X-Unattended": "1"}) for hours in (4.5, 5.0, 5.7)] == [200] * 3
    assert at(5.9) == 302
    client = logged_in(agent)
    assert [at(hours) for hours in (1.5, 3, 4.5, 6, 7.5, 9, 10.5, 11.9)] == [200] * 8
    assert at(12.1) == 302
    assert at(0) == 302


def test_sessions_are_seen_and_ended() -> None:
    agent, stranger = someone(Role.CS_AGENT), someone(Role.CS_AGENT)
    here = logged_in(agent)
    phone = logged_in(agent, REMOTE_ADDR=AWAY, HTTP_USER_AGENT="Mozilla (iPhone) Safari/1")
    home, theirs = logged_in(agent), logged_in(stranger)
    page = here.get(ACCOUNT).content.decode()
    assert page.count("this one") == 1 and "Safari, iPhone" in page and AWAY in page
    end = reverse("account_sessions_end")
    of_phone = agent.usersession_set.get(ip=AWAY).pk  # type: ignore[attr-defined]
    assert theirs.post(end, {"session": of_phone}).status_code == 302
    assert phone.get("/admin/").status_code == 200
    assert here.post(end, {"session": of_phone}).status_code == 302
    assert [one.get("/admin/").status_code for one in (here, phone, home)] == [200, 302, 200]
    here.post(end)
    assert [one.get("/admin/").status_code for one in (here, home, theirs)] == [200, 302, 200]
    assert events(agent).count("sessions_ended") == 2


def test_a_password_is_judged_and_ends_other_sessions() -> None:
    agent = someone(Role.CS_AGENT, username="zhangwei")
    here, other = logged_in(agent), logged_in(agent)
    change = reverse("account_password")
    for bad in ("afterdesk", "Passw0rd!", "admin123456", "1qaz2wsx3edc", "zhangwei-2026", "x" * 20):
        answer = here.post(change, {"password": bad, "again": bad})
        assert answer.status_code == 422, bad
    differs = here.post(change, {"password": "lamps-4-river", "again": "lamps-4-rivers"})
    assert "not the same" in differs.content.decode()
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)
    new = {"password": "lamps-4-river", "again": "lamps-4-river"}
    assert here.post(change, new).url == ACCOUNT  # type: ignore[attr-defined]
    agent.refresh_from_db()
    assert agent.check_password("lamps-4-river")
    assert [one.get("/admin/").status_code for one in (here, other)] == [200, 302]
    assert here.get("/admin/password_change/").url == change  # type: ignore[attr-defined]
    with time_machine.travel(time.time() + 601):
        assert "Confirm that it is you" in here.get(change).content.decode()


def test_old_sessions_confirm_with_password_or_code(own: Scene) -> None:
    """Typed input is carried along, and nothing moves before."""
    owner = own.people["owner"]
    owner.set_password(PASSWORD)
    owner.save()
    client = logged_in(owner)
    secret = with_app(client)
    add = reverse("desk:shop-token-add", args=[own.shop.pk])
    typed = {"name": "new-erp", "scopes": ["read", "tickets"]}
    htmx = {"HX-Request": "true"}
    with time_machine.travel(time.time() + 601, tick=False):
        dialog = client.get(add, headers=htmx).content.decode()
        assert "Confirm that it is you" in dialog and "confirm-show" in dialog
        asked = client.post(add, typed, headers=htmx)
        assert asked.status_code == 422
        page = asked.content.decode()
        assert 'name="name" value="new-erp"' in page and page.count('name="scopes"') == 2
        wrong = client.post(add, typed | {"confirm-secret": "wrong"}, headers=htmx)
        assert wrong.status_code == 422 and "neither your password" in wrong.content.decode()
        assert not ApiToken.objects.filter(name="new-erp").exists()
        done = client.post(add, typed | {"confirm-secret": code_for(secret)}, headers=htmx)
        assert done.status_code == 200
        assert set(ApiToken.objects.get(name="new-erp").scopes) == {"read", "tickets"}
        assert "new-erp" not in client.get(add, headers=htmx).content.decode()
    with time_machine.travel(time.time() + 1300, tick=False):
        shown = {"confirm-secret": PASSWORD, "confirm-show": "1"}
        assert client.post(add, shown, headers=htmx).url == add  # type: ignore[attr-defined]
        assert "What it may do" in client.get(add, headers=htmx).content.decode()
    # a session that was stolen can't guess on and on
    with time_machine.travel(time.time() + 2600, tick=False):
        for _ in range(10):
            client.post(add, typed | {"confirm-secret": "wrong"}, headers=htmx)
        refused = client.post(add, typed | {"confirm-secret": PASSWORD}, headers=htmx)
        assert "Too many wrong ones" in refused.content.decode()
        assert ApiToken.objects.filter(name="new-erp").count() == 1


def test_a_promotion_asks_for_the_factor_at_once() -> None:
    """SPEC P5: whoever becomes an owner or admin without one is logged out, and sets one up."""
    owner, agent = someone(), someone(Role.CS_AGENT)
    shop = owner.memberships.get().shop  # type: ignore[attr-defined]
    member = Membership.objects.create(shop=shop, user=agent, role=Role.CS_AGENT)
    client = logged_in(agent)
    members.change_role(membership_id=member.pk, role=Role.ADMIN, user=owner, now=timezone.now())
    assert client.get("/admin/").status_code == 302
    assert logged_in(agent).get("/admin/").url == ACCOUNT  # type: ignore[attr-defined]


def test_break_glass_is_written_down() -> None:
    """An operator who lost app and codes: the factors go, the sessions end, the entry stays."""
    operator = someone(is_superuser=True, username="op")
    client = logged_in(operator)
    with_app(client)
    out = StringIO()
    call_command("reset_factors", "op", why="phone lost", stdout=out)
    assert "second factors taken away: 1" in out.getvalue()
    assert not Authenticator.objects.filter(user=operator).exists()
    assert client.get("/admin/").status_code == 302
    entry = AuditEntry.objects.filter(whom=operator).latest("pk")
    assert (entry.kind, entry.user, entry.address) == ("factors_forgotten", None, "")
    assert entry.note.startswith("phone lost (on the machine: ")
    assert logged_in(operator).get("/admin/").url == ACCOUNT  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="no user “nobody”"):
        call_command("reset_factors", "nobody", why="x")
