"""SPEC P1: staff by invitation; nobody gives more than they have; new passwords by link (P5)."""

import re
import time
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from aftersale.models import AccountLink, ApiToken, AuditEntry, Membership, Role, Shop
from aftersale.services.access import links, tokens
from aftersale.services.shared.errors import NotAllowed
from tests.factories import NOON, make_shop, make_user

from .clients import client_of
from .test_accounts import ACCOUNT, logged_in, someone, with_app
from .test_login import PASSWORD

pytestmark = pytest.mark.usefixtures("db")
HTMX: Any = {"headers": {"HX-Request": "true"}}


def invite(by: User, role: str = Role.CS_AGENT, *shops: Shop, whom: str = "Mei") -> Any:
    """Makes an invitation on the page of the first shop."""
    first = shops[0] if shops else by.memberships.first().shop  # type: ignore[attr-defined, union-attr]
    sent = {"whom": whom, "role": role, "shops": [shop.pk for shop in shops or (first,)]}
    return client_of(by).post(reverse("desk:shop-invite", args=[first.pk]), sent, **HTMX)


def link_in(answer: Any) -> str:
    assert answer.status_code == 200
    return re.search(r'value="http://testserver(/account/links/[^"]+)"', answer.content.decode())[1]  # type: ignore[index]


def notes(shop: Shop) -> list[str]:
    found = AuditEntry.objects.filter(shop=shop, kind="member").order_by("pk")
    return list(found.values_list("note", flat=True))


def test_from_the_invitation_to_the_desk() -> None:
    """A new owner of two shops: name, password, then the second factor; the link works once."""
    owner, second = someone(username="boss"), make_shop(is_demo=False)
    first = owner.memberships.get().shop  # type: ignore[attr-defined]
    Membership.objects.create(shop=second, user=owner, role=Role.OWNER)
    link = link_in(invite(owner, Role.ADMIN, first, second))
    text = link.split("/")[-2]
    assert text not in str(list(AccountLink.objects.values()))
    person = Client()
    page = person.get(link).content.decode()
    assert first.name in page and second.name in page and "boss" in page
    sent = {"name": "Mei Li", "username": "mei", "password": "admin123456"}
    refused = person.post(link, sent)
    assert refused.status_code == 422 and "first guesses" in refused.content.decode()
    assert not User.objects.filter(username="mei").exists()
    joined = person.post(link, sent | {"password": PASSWORD})
    assert joined.status_code == 302
    mei = User.objects.get(username="mei")
    assert (mei.first_name, mei.is_staff, mei.is_superuser) == ("Mei Li", True, False)
    assert set(mei.memberships.values_list("shop", "role")) == {  # type: ignore[attr-defined]
        (first.pk, "admin"), (second.pk, "admin"),
    }  # fmt: skip
    assert person.get("/admin/").url == ACCOUNT  # type: ignore[attr-defined]
    with_app(person)
    assert person.get("/admin/").status_code == 200
    told = ["Invited: Mei, Administrator", "Invitation accepted: Mei, Administrator"]
    assert notes(first) == notes(second) == told
    assert AuditEntry.objects.filter(whom=mei, kind="joined").count() == 1
    over = Client().get(link)
    assert over.status_code == 410 and "not valid any more" in over.content.decode()
    assert Client().post(link, sent | {"username": "eve", "password": PASSWORD}).status_code == 410
    assert not User.objects.filter(username="eve").exists()


def test_what_is_over_lets_nobody_in() -> None:
    """Withdrawn, expired, made up, of a maker who may not any more: one answer."""
    owner = someone()
    shop = owner.memberships.get().shop  # type: ignore[attr-defined]
    admin = make_user(shop, Role.ADMIN)
    withdrawn, late, demoted = (link_in(invite(by)) for by in (owner, owner, admin))
    page = client_of(owner).get(reverse("desk:shop-members", args=[shop.pk])).content.decode()
    assert page.count("Withdraw the invitation of Mei") == 3
    row = AccountLink.objects.order_by("pk")[0]
    withdraw = reverse("desk:shop-invitation-withdraw", args=[shop.pk, row.pk])
    assert client_of(owner).post(withdraw, **HTMX).status_code == 204
    Membership.objects.filter(user=admin).update(role=Role.CS_AGENT)
    answers = {
        Client().get(link).content for link in (withdrawn, demoted, "/account/links/made-up/")
    }
    with time_machine.travel(time.time() + 7 * 86400 + 1):
        answers.add(Client().get(late).content)
    strip = {re.sub(rb'value="[^"]*"', b"", answer) for answer in answers}
    assert len(strip) == 1 and b"not valid any more" in strip.pop()
    assert Client().get(late).status_code == 200
    assert notes(shop)[-1] == "Invitation withdrawn: Mei, Customer service"


def test_nobody_gives_or_takes_more_than_they_have() -> None:
    owner = someone()
    shop, other = owner.memberships.get().shop, make_shop()  # type: ignore[attr-defined]
    admin, manager = make_user(shop, Role.ADMIN), make_user(shop, Role.CS_MANAGER)
    seats = {member.user_id: member.pk for member in shop.memberships.all()}
    assert invite(admin, Role.OWNER).status_code == 422
    assert invite(admin, Role.ADMIN).status_code == 200
    assert invite(manager).status_code == 403
    assert invite(owner, Role.VIEWER, shop, other).status_code == 422
    with pytest.raises(NotAllowed):
        links.invite(shop_ids=[shop.pk, other.pk], role="viewer", whom="x", user=owner, now=NOON)
    with pytest.raises(NotAllowed):
        links.invite(shop_ids=[shop.pk], role="owner", whom="x", user=admin, now=NOON)
    client = client_of(admin)
    for step, sent in (("role", {"seen": "owner", "role": "viewer"}), ("remove", {})):
        address = reverse(f"desk:shop-member-{step}", args=[shop.pk, seats[owner.pk]])
        assert client.post(address, sent, **HTMX).status_code == 403
    promote = reverse("desk:shop-member-role", args=[shop.pk, seats[admin.pk]])
    assert client.post(promote, {"seen": "admin", "role": "owner"}, **HTMX).status_code == 422
    invited = AccountLink.objects.get()
    for_owner = links.invite(shop_ids=[shop.pk], role="owner", whom="x", user=owner, now=NOON)[0]
    withdraw = reverse("desk:shop-invitation-withdraw", args=[shop.pk, for_owner.pk])
    assert client.post(withdraw, **HTMX).status_code == 403
    assert set(shop.memberships.values_list("role", flat=True)) == {"owner", "admin", "cs_manager"}
    assert AccountLink.objects.filter(withdrawn_at=None).count() == 2 and invited.role == "admin"


def test_whoever_has_an_account_joins_with_it() -> None:
    owner = someone()
    shop = owner.memberships.get().shop  # type: ignore[attr-defined]
    agent = someone(Role.CS_AGENT)
    link = link_in(invite(owner, Role.ADMIN))
    client = logged_in(agent)
    assert "Join as" in client.get(link).content.decode()
    assert client.post(link).url == "/admin/"  # type: ignore[attr-defined]
    assert shop.memberships.get(user=agent).role == "admin"
    # an admin needs a second factor: so the session without one is over
    assert client.get("/admin/").status_code == 302
    assert logged_in(agent).get("/admin/").url == ACCOUNT  # type: ignore[attr-defined]
    # a lower role takes nothing away
    assert client_of(owner).post(link_in(invite(owner, Role.VIEWER))).status_code == 302
    assert shop.memberships.get(user=owner).role == "owner"


def test_a_link_is_no_way_to_learn_names() -> None:
    owner = someone(username="boss")
    shop = owner.memberships.get().shop  # type: ignore[attr-defined]
    link = link_in(invite(owner))
    sent = {"name": "x", "username": "BOSS", "password": PASSWORD}
    answers = [Client().post(link, sent).status_code for _ in range(6)]
    assert answers == [422] * 5 + [410]
    assert notes(shop)[-1] == "Invitation withdrawn: Mei, Customer service"
    assert shop.memberships.count() == 1


def test_whoever_is_taken_out_is_out_at_once() -> None:
    owner = someone()
    shop = owner.memberships.get().shop  # type: ignore[attr-defined]
    second = someone()
    seat = Membership.objects.create(shop=shop, user=second, role=Role.OWNER)
    _token, text = tokens.create(
        shop_id=shop.pk, name="erp", scopes=["read"], user=second, now=NOON
    )
    client = logged_in(second)
    with_app(client)
    call = {"headers": {"Authorization": f"Bearer {text}"}}
    assert Client().get("/api/v1/tickets", **call).status_code == 200  # type: ignore[arg-type]
    remove = reverse("desk:shop-member-remove", args=[shop.pk, seat.pk])
    assert client_of(owner).post(remove, **HTMX).status_code == 204
    assert client.get("/admin/").status_code == 302
    assert Client().get("/api/v1/tickets", **call).status_code == 403  # type: ignore[arg-type]
    assert ApiToken.objects.get().revoked_at is None


def test_an_operator_gives_a_link_for_a_new_password(operator: User) -> None:
    owner = someone(username="boss")
    old = logged_in(owner)
    secret = with_app(old)
    make = reverse("desk:user-password-link", args=[owner.pk])
    first = link_in(client_of(operator).post(make, **HTMX))
    link = link_in(client_of(operator).post(make, **HTMX))
    assert Client().get(first).status_code == 410
    person = Client()
    assert "boss" in person.get(link).content.decode()
    assert person.post(link, {"password": "afterdesk"}).status_code == 422
    assert person.post(link, {"password": "lamps-4-river"}).url == reverse("mfa_authenticate")  # type: ignore[attr-defined]
    assert person.get("/admin/").url.startswith("/admin/login/")  # type: ignore[attr-defined]
    assert secret and old.get("/admin/").status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("lamps-4-river")
    kinds = list(AuditEntry.objects.filter(whom=owner).order_by("pk").values_list("kind", "user"))
    assert kinds[-3:] == [
        ("password_link", operator.pk), ("password_link", operator.pk), ("password", owner.pk),
    ]  # fmt: skip
    assert Client().get(link).status_code == 410
    with time_machine.travel(time.time() + 86401):
        late = AccountLink.objects.filter(used_at=None, withdrawn_at=None)
        assert late.count() == 0


def test_operators_change_users_and_keep_themselves(operator: User) -> None:
    owner = someone(username="boss")
    shop = owner.memberships.get().shop  # type: ignore[attr-defined]
    client = client_of(operator)
    page = client.get(reverse("admin:auth_user_change", args=[owner.pk])).content.decode()
    assert shop.name in page and "md5" not in page and "Take second factors away" in page
    assert client.get(reverse("admin:auth_user_add")).status_code == 403
    listed = client.get(reverse("admin:auth_user_changelist")).content.decode()
    assert "boss" in listed and "by invitation" in listed
    change = reverse("desk:user-change", args=[owner.pk])
    sent = {"name": "Boss", "email": "boss@example.com", "is_active": "on", "is_operator": "on"}
    assert client.post(change, sent | {"is_active": ""}, **HTMX).status_code == 422
    session = logged_in(owner)
    assert client.post(change, sent, **HTMX).status_code == 204
    owner.refresh_from_db()
    assert (owner.first_name, owner.is_superuser, owner.is_staff) == ("Boss", True, True)
    assert session.get("/admin/").status_code == 302
    note = AuditEntry.objects.get(whom=owner, kind="access").note
    assert note == "operator, name: – → Boss, mail address: – → boss@example.com"
    mine = reverse("desk:user-change", args=[operator.pk])
    assert client.post(mine, {"name": "x", "is_active": "on"}, **HTMX).status_code == 422
    operator.refresh_from_db()
    assert operator.is_superuser
    session = logged_in(owner)
    with_app(session)
    forget = reverse("desk:user-forget-factors", args=[owner.pk])
    assert client.post(forget, **HTMX).status_code == 204
    assert session.get("/admin/").status_code == 302
    assert AuditEntry.objects.filter(whom=owner, kind="factors_forgotten", user=operator).exists()
