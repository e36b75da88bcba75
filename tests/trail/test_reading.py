"""SPEC P6: owners read their shops' part of the trail and operators all of it, by every filter."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from aftersale.models import ApiToken, AuditEntry, AuditKind, Shop
from aftersale.services.access import audit_trail, tokens
from aftersale.services.access.audit_trail import Wanted
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotAllowed
from config.acting import acting, by_token
from tests.admin.clients import client_in
from tests.factories import NOON, make_shop, make_user
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db


@dataclass
class Trail:
    shop: Shop
    other: Shop
    owner: User
    agent: User
    stranger: User
    operator: User
    token: ApiToken

    def found(self, user: User | None = None, **wanted: Any) -> list[str]:
        entries = audit_trail.find(user=user or self.owner, wanted=Wanted(**wanted), most=50)
        return [str(entry.note) for entry in entries]


@pytest.fixture
def made() -> Trail:
    shop, other = make_shop(), make_shop()
    owner, agent = make_user(shop, username="boss"), make_user(shop, "cs_agent", username="mei")
    stranger = make_user(other, username="else")
    operator = make_user(username="op", is_superuser=True)
    token, _text = tokens.create(
        shop_id=shop.pk, name="ERP", scopes=["read"], user=owner, now=NOON - timedelta(days=1)
    )
    steps: list[tuple[AuditKind, str, dict[str, Any]]] = [
        (AuditKind.CHANGED, "shop", {"shop_id": shop.pk, "user": owner}),
        (AuditKind.LOGGED_IN, "log-in", {"whom": agent, "user": agent}),
        (AuditKind.LOG_IN_FAILED, "nobody", {}),
        (AuditKind.CHANGED, "other shop", {"shop_id": other.pk, "user": stranger}),
        (AuditKind.LOGGED_IN, "other's log-in", {"whom": stranger, "user": stranger}),
        (AuditKind.CALL, "call", {"shop_id": shop.pk, "user": owner}),
    ]
    for number, (kind, note, fields) in enumerate(steps):
        with acting(address=f"203.0.113.{number}", request_id=f"r{number}"):
            if note == "call":
                by_token(token.pk)
            trail.record(kind, now=NOON + timedelta(minutes=number), note=note, **fields)
    return Trail(shop, other, owner, agent, stranger, operator, token)


def test_owners_read_their_shops_and_their_members_and_operators_everything(made: Trail) -> None:
    own = made.found()
    assert own[:3] == ["call", "log-in", "shop"] and own[3].startswith("Made: ")
    assert len(own) == 4
    assert made.found(made.stranger) == ["other's log-in", "other shop"]
    everything = ["call", "other's log-in", "other shop", "nobody", "log-in", "shop"]
    assert made.found(made.operator)[:6] == everything
    for user in (made.agent, make_user()):
        with pytest.raises(NotAllowed):
            made.found(user)
    made.owner.is_active = False
    with pytest.raises(NotAllowed):
        made.found()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kind": "changed"}, ["shop"]),
        # A token's step is the token's, and not its maker's.
        ({"who": "boss", "kind": "call"}, []),
        ({"who": "boss", "kind": "changed"}, ["shop"]),
        ({"who": "ERP"}, ["call"]),
        ({"who": "mei"}, ["log-in"]),
        ({"who": "else"}, []),
        ({"who": "nobody at all"}, []),
        ({"address": "203.0.113.1"}, ["log-in"]),
        ({"address": "203.0.113.2"}, []),
        ({"request_id": "r0"}, ["shop"]),
        ({"request_id": "r3"}, []),
        ({"request_id": "r0", "who": "mei"}, []),
        ({"request_id": "r0", "who": "boss", "address": "203.0.113.0"}, ["shop"]),
        ({"since": NOON + timedelta(minutes=1)}, ["call", "log-in"]),
        ({"since": NOON, "until": NOON + timedelta(minutes=1)}, ["shop"]),
    ],
)
def test_each_filter(made: Trail, wanted: dict[str, Any], found: list[str]) -> None:
    assert made.found(**wanted) == found


def test_the_shop_is_a_filter_and_no_way_into_another(made: Trail) -> None:
    assert made.found(shop_id=made.shop.pk)[:2] == ["call", "shop"]
    assert made.found(shop_id=made.other.pk) == []
    assert made.found(made.operator, shop_id=made.other.pk) == ["other shop"]


def test_pages_and_exports_go_on_where_the_last_ended(
    made: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = audit_trail.find(user=made.operator, wanted=Wanted(), most=2)
    rest = audit_trail.find(
        user=made.operator, wanted=Wanted(), most=2, before=(first[1].at, first[1].pk)
    )
    assert [str(one.note) for one in [*first, *rest]] == made.found(made.operator)[:4]
    monkeypatch.setattr(audit_trail, "_CHUNK", 2)
    every = audit_trail.every(user=made.operator, wanted=Wanted())
    assert [str(one.note) for one in every] == made.found(made.operator)


def page(user: User, **query: Any) -> str:
    return client_in("en", user).get(reverse("desk:trail"), query).content.decode()


def test_the_page_names_people_and_tokens(made: Trail) -> None:
    text = page(made.owner)
    assert "Token “ERP”" in text and "203.0.113.1" in text and "other" not in text
    assert "?request_id=r0" in text and "Older" not in text
    assert "Nothing found" in page(made.owner, who="else")
    assert "Enter a valid IPv4 or IPv6 address" in page(made.owner, address="b-77")
    assert page(made.owner, before="nonsense_x") != ""


def test_a_page_takes_few_queries(made: Trail) -> None:
    """PERFORMANCE, Lists."""
    for user, query in ((made.owner, {}), (made.owner, {"who": "boss"}), (made.operator, {})):
        client = client_in("en", user)
        with counted_queries() as asked:
            client.get(reverse("desk:trail"), query)
        assert len(asked) <= 8, [one["sql"][:90] for one in asked.captured_queries]


def test_older_entries_are_a_link_away(made: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftersale.admin.desk.trail.A_PAGE", 2)
    first = client_in("en", made.owner).get(reverse("desk:trail"))
    older = first.context["older"]
    second = page(made.owner, before=older)
    assert older and "Newest" in second and "Made: " in second


def export(client: Client, form: str, **query: str) -> bytes:
    response = client.get(reverse("desk:trail-export", args=[form]), query)
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_the_export_is_what_the_page_finds_and_an_entry_itself(made: Trail) -> None:
    client = client_in("en", made.owner)
    text = export(client, "csv", kind="changed").decode()
    [row] = csv.DictReader(io.StringIO(text[1:]))
    assert (row["By"], row["Note"], row["Shop"], row["At"]) == (
        "boss", "shop", made.shop.name, "2026-03-11 12:00:00",
    )  # fmt: skip
    entry = AuditEntry.objects.get(kind="exported")
    assert (entry.user, entry.rows, entry.filters) == (made.owner, 1, {"kind": "changed"})
    assert entry.address == "127.0.0.1" and len(entry.request_id) == 32
    book = CalamineWorkbook.from_filelike(io.BytesIO(export(client, "xlsx", who="ERP")))
    sheet = book.get_sheet_by_index(0).to_python()
    assert [line[3] for line in sheet] == ["API token", "ERP"]
    assert AuditEntry.objects.filter(kind="exported").count() == 2


def test_an_export_that_is_broken_off_is_an_entry_of_what_was_read(made: Trail) -> None:
    rows = trail.exported(iter("abc"), "x", user=made.owner)
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert AuditEntry.objects.get(kind="exported").rows == 1
