"""Shared by all calls: one answer for one key, the rate limit, problems, bodies."""

import gzip
import re
import threading
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from rest_framework.request import Request

from aftersale.api.call import Call, _canonical, answer
from aftersale.api.parse_request import read
from aftersale.models import ApiToken, AuditEntry, IdempotentCall, Scope, Shop
from aftersale.records.schemas import Record
from aftersale.records.values import Text
from aftersale.services.access import idempotent_calls, tokens
from aftersale.services.shared.errors import NotAllowed, Refused
from config.urls import handler500  # noqa: F401 - this module stands in for that one
from config.urls import urlpatterns as real
from tests.factories import NOON, make_shop, make_user

from .program import Program, program


class Note(Record):
    note: Text


class Write(Call):
    """Writes an entry of the audit trail, or does what `then` does."""

    scopes = {"POST": Scope.ORDERS}
    then: Callable[[], None] | None = None

    def post(self, request: Request) -> HttpResponse:
        note = read(request, Note).note

        def work() -> HttpResponse:
            AuditEntry.objects.create(shop_id=self.shop_id, at=NOON, kind="changed", note=note)
            if Write.then is not None:
                Write.then()
            return answer(Note(note=note), 201)

        return self.once(work)


urlpatterns = [path("api/v1/write", Write.as_view()), *real]


@pytest.fixture(autouse=True)
def a_call_that_writes(settings: object) -> None:
    settings.ROOT_URLCONF = __name__  # type: ignore[attr-defined]
    Write.then = None


def notes() -> list[str]:
    return list(AuditEntry.objects.filter(kind="changed").values_list("note", flat=True))


def test_the_same_key_and_body_give_the_same_answer(erp: Program) -> None:
    first = erp.post("/write", {"note": "a"}, key="k1")
    again = erp.post("/write", {"note": "a"}, key="k1")
    assert (first.status, first.content) == (again.status, again.content) == (201, {"note": "a"})
    assert "Idempotency-Replayed" not in first.response
    assert again.response["Idempotency-Replayed"] == "true"
    assert notes() == ["a"]


def test_another_body_under_the_key_is_refused(erp: Program, shop: Shop, owner: User) -> None:
    erp.post("/write", {"note": "a"}, key="k1")
    assert erp.post("/write", {"note": "b"}, key="k1").status == 422
    assert notes() == ["a"]
    # Another token's keys are its own.
    assert program(shop, owner).post("/write", {"note": "b"}, key="k1").status == 201


def test_a_refused_call_may_be_made_again(erp: Program) -> None:
    """INTERFACES: only answers that changed something are kept."""

    def refuse() -> None:
        raise Refused("no", pointer="note")

    Write.then = refuse
    first = erp.post("/write", {"note": "a"}, key="k1")
    assert first.status == 422
    assert first.content["code"] == "refused"
    assert first.content["errors"] == [{"pointer": "#/note", "detail": "no"}]
    assert (notes(), IdempotentCall.objects.count()) == ([], 0)
    Write.then = None
    assert erp.post("/write", {"note": "b"}, key="k1").status == 201
    assert notes() == ["b"]


def test_the_same_json_is_the_same_call(erp: Program) -> None:
    """INTERFACES: however it is written; numbers and repeated keys count as written."""
    erp.post("/write", {"note": "é"}, key="k1")
    again = erp.call("POST", "/write", raw=b'{ "note" : "\\u00e9" }', key="k1")
    assert (again.status, again.response["Idempotency-Replayed"]) == (201, "true")
    assert _canonical(b'{"b": [1.0, "1"], "a": null}') == _canonical(b'{"a":null,"b":[1.0,"1"]}')
    for one, other in (
        (b'{"a": 1}', b'{"a": 1.0}'),
        (b'{"a": 1}', b'{"a": "1"}'),
        (b'{"a": 1, "a": 1}', b'{"a": 1}'),
        (b"[" * 100_000, b"["),
    ):
        assert _canonical(one) != _canonical(other)


def test_after_a_crash_the_call_may_be_made_again(erp: Program) -> None:
    def crash() -> None:
        raise RuntimeError

    Write.then = crash
    with pytest.raises(RuntimeError):
        erp.post("/write", {"note": "a"}, key="k1")
    assert not IdempotentCall.objects.exists()
    assert notes() == []
    Write.then = None
    assert erp.post("/write", {"note": "a"}, key="k1").status == 201
    assert notes() == ["a"]


@pytest.mark.django_db(transaction=True)
def test_two_equal_calls_at_once_are_carried_out_once() -> None:
    shop = make_shop()
    erp = program(shop, make_user(shop))
    meet = threading.Barrier(2, timeout=10)
    answers = []

    def send(key: str) -> None:
        meet.wait()
        answers.append(Program(erp.token).post("/write", {"note": "a"}, key=key).status)
        connection.close()

    for key in ("", "k1"):
        before = len(notes())
        threads = [threading.Thread(target=send, args=[key]) for _one in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Without a key both are carried out.
        assert len(notes()) - before == (1 if key else 2)
    assert answers == [201] * 4


def test_kept_for_24_hours_and_no_longer(erp: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not the task has deleted it."""
    moments = [NOON]
    monkeypatch.setattr("aftersale.api.call.timezone.now", lambda: moments[-1])
    day, second = timedelta(hours=24), timedelta(seconds=1)
    assert erp.post("/write", {"note": "a"}, key="k1").status == 201
    moments.append(NOON + day - second)
    assert erp.post("/write", {"note": "b"}, key="k1").status == 422
    assert (idempotent_calls.forget_old(now=moments[-1]), notes()) == (0, ["a"])
    moments.append(NOON + day)
    assert erp.post("/write", {"note": "b"}, key="k1").status == 201
    again = erp.post("/write", {"note": "b"}, key="k1")
    assert again.response["Idempotency-Replayed"] == "true"
    assert sorted(notes()) == ["a", "b"]
    # From the second call on it is kept for a day of its own.
    assert idempotent_calls.forget_old(now=NOON + 2 * day - second) == 0
    assert idempotent_calls.forget_old(now=NOON + 2 * day) == 1
    assert not IdempotentCall.objects.exists()


def test_a_key_that_is_none(erp: Program) -> None:
    assert erp.post("/write", {"note": "a"}, key="k" * 129).status == 422
    assert erp.post("/write", {"note": "a"}, key="a\tb").status == 422
    assert notes() == []


def test_the_limit_and_its_headers(erp: Program) -> None:
    with override_settings(API_CALLS_PER_MINUTE=2):
        ApiToken.objects.update(minute=0)
        first = erp.post("/write", {"note": "a"})
        assert first.response["RateLimit-Policy"] == '"token";q=2;w=60'
        assert first.response["RateLimit"].startswith('"token";r=1;t=')
        ApiToken.objects.update(calls=2)
        over = erp.post("/write", {"note": "b"})
    assert over.status == 429
    assert 0 < int(over.response["Retry-After"]) <= 60
    assert over.response["Content-Type"] == "application/problem+json"
    assert notes() == ["a"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b'{"note": "\xff"}',
        b'{"note": "\\ud800"}',
        b'{"\\ud800": ' + b'{"a":' * 600 + b'"\\u0041"' + b"}" * 601,
        b'{"note": "a\\u0000b"}',
        b'{"note": NaN}',
        b'{"note": "a", "note": "b"}',
        b'{"note": 1}',
        b'{"note": 1e999}',
        b'{"note": ' + b"9" * 5000 + b"}",
        b'{"other": "a"}',
        b'{"note": "a", "more": 1}',
        b"[" * 100_000,
    ],
)
def test_bodies_that_are_none(erp: Program, raw: bytes) -> None:
    found = erp.call("POST", "/write", raw=raw or b" ")
    assert found.status == 422
    assert found.content["errors"]
    assert notes() == []


def test_a_body_over_five_megabytes(erp: Program) -> None:
    found = erp.post("/write", {"note": "a" * 5_000_001})
    assert (found.status, found.content["detail"]) == (413, "At most 5 MB in one call.")
    assert notes() == []


def test_a_method_that_there_is_not(erp: Program) -> None:
    found = erp.get("/write")
    assert (found.status, found.response["Allow"]) == (405, "POST, OPTIONS")
    assert erp.get("/nothing").status == 404
    # Nor is a program asked for a browser's cookie, or answered in HTML.
    client = Client(enforce_csrf_checks=True)
    for method in ("GET", "POST", "PATCH", "DELETE"):
        answered = client.generic(method, "/api/v1/nothing/a%0Ab")
        assert (answered.status_code, answered["Content-Type"]) == (404, "application/problem+json")


def test_a_token_never_does_more_than_its_maker(shop: Shop) -> None:
    maker = make_user(shop, "owner")
    erp = program(shop, maker)
    membership = maker.memberships.get()
    membership.role = "viewer"
    membership.save()
    assert erp.post("/write", {"note": "a"}).status == 403
    membership.delete()
    assert erp.post("/write", {"note": "a"}).status == 403
    assert notes() == []


def test_a_revoked_token_is_no_token(erp: Program, shop: Shop, owner: User) -> None:
    assert erp.post("/write", {"note": "a"}).status == 201
    token = ApiToken.objects.get()
    assert token.last_used_at is not None
    tokens.revoke(token_id=token.pk, user=owner, now=NOON)
    refused = erp.post("/write", {"note": "b"})
    assert (refused.status, refused.response["WWW-Authenticate"]) == (401, "Bearer")
    assert notes() == ["a"]
    assert list(AuditEntry.objects.filter(kind="token").values_list("user", flat=True)) == [
        owner.pk,
        owner.pk,
    ]


@pytest.mark.parametrize("role", ["admin", "cs_manager", "cs_agent", "viewer"])
def test_only_owners_make_and_revoke_tokens(erp: Program, shop: Shop, role: str) -> None:
    member = make_user(shop, role)
    with pytest.raises(NotAllowed):
        tokens.create(shop_id=shop.pk, name="x", scopes=["read"], user=member, now=NOON)
    with pytest.raises(NotAllowed):
        tokens.revoke(token_id=ApiToken.objects.get().pk, user=member, now=NOON)
    assert ApiToken.objects.get().revoked_at is None
    assert erp.token not in str(vars(ApiToken.objects.get()))


def test_without_a_database_programs_hear_of_it(
    erp: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("connection refused") from psycopg.OperationalError()

    monkeypatch.setattr(tokens, "use", away)
    found = erp.get("/tickets")
    assert (found.status, found.response["Content-Type"]) == (503, "application/problem+json")
    assert found.response["Retry-After"] == "10"


def test_what_nobody_expected_is_no_page(erp: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "use", lambda **_: 1 / 0)
    erp.client.raise_request_exception = False
    found = erp.get("/tickets")
    assert (found.status, found.response["Content-Type"]) == (500, "application/problem+json")
    assert found.content["title"] == "Internal Server Error"


def test_every_answer_has_an_id_and_reads_a_tag(erp: Program) -> None:
    first, second = erp.get("/strategies"), erp.get("/strategies")
    ids = {first.response["Request-Id"], second.response["Request-Id"]}
    assert len(ids) == 2 and all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
    tag = first.response["ETag"]
    assert tag == second.response["ETag"]
    same = erp.client.get(
        "/api/v1/strategies",
        headers={"Authorization": f"Bearer {erp.token}", "If-None-Match": f'W/{tag}, "other"'},
    )
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    refused = erp.post("/write", {"note": 1})
    assert "ETag" not in refused.response and "Request-Id" in refused.response


def test_long_answers_are_gzipped(erp: Program) -> None:
    headers = {"Authorization": f"Bearer {erp.token}", "Accept-Encoding": "gzip"}
    long = erp.client.get("/api/v1/reject-reasons", headers=headers)
    assert long["Content-Encoding"] == "gzip"
    assert gzip.decompress(long.content) == erp.get("/reject-reasons").response.content
    assert "Content-Encoding" not in erp.client.get("/api/v1/strategies", headers=headers)


def test_if_match_where_it_means_nothing(erp: Program) -> None:
    found = erp.call("POST", "/write", {"note": "a"}, headers={"If-Match": "*"})
    assert (found.status, found.content["code"], notes()) == (422, "invalid", [])
