"""SPEC P1 for programs: one walk over every call of the API, as whoever may not make it.

A call that is added fails here until somebody has said what it takes (addresses.py).
"""

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import ApiToken, Role
from aftersale.services.access import tokens
from tests.admin.digest import digest
from tests.admin.scene import Scene, make
from tests.undone import undone

from .addresses import CALLS, OPEN, Address, addresses, known
from .program import ALL, MADE_AT, Answer, Program, program

WALK = addresses()
LET_IN = {200, 201, 202, 204, 409, 422}


@pytest.fixture
def own(db: None) -> Scene:
    return make("mine", "owner")


@pytest.fixture
def foreign(db: None) -> Scene:
    return make("theirs", "owner")


def make_call(caller: Program, address: Address, scene: Scene) -> Answer:
    return caller.call(address.method, address.of(scene), address.body)


def is_let_in(address: Address, answer: Answer) -> bool:
    if address.line.persons:
        return (answer.status, answer.content["code"]) == (403, "needs_person")
    return answer.status in LET_IN


def test_every_call_has_a_line() -> None:
    found = {name: methods for name, (methods, _argument) in known().items()}
    assert {name for name, methods in found.items() if not methods} == OPEN
    assert {name: methods for name, methods in found.items() if methods} == {
        name: set(line.takes) for name, line in CALLS.items()
    }
    assert len(WALK) >= 40


@pytest.mark.parametrize("kind", ["none", "made up", "revoked"])
def test_without_a_token(own: Scene, foreign: Scene, kind: str) -> None:
    caller = Program({"none": "", "made up": "ad_wrong"}.get(kind, ""))
    if kind == "revoked":
        caller = revoked(own)
    point = moved()
    for address in WALK:
        answer = make_call(caller, address, own)
        assert (answer.status, answer.response["WWW-Authenticate"]) == (401, "Bearer"), address
        assert "mine" not in answer.response.getvalue().decode()
    assert moved() == point


def revoked(scene: Scene) -> Program:
    found = program(scene.shop, scene.people["owner"])
    tokens.revoke(
        token_id=ApiToken.objects.latest("pk").pk, user=scene.people["owner"], now=MADE_AT
    )
    return found


def test_with_every_other_scope(own: Scene, foreign: Scene) -> None:
    without = {
        scopes: program(own.shop, own.people["owner"], *[one for one in ALL if one not in scopes])
        for scopes in {(address.scope, address.line.also) for address in WALK}
    }
    point = moved()
    for address in WALK:
        if address.line.any_scope:
            continue
        caller = without[address.scope, address.line.also]
        answer = make_call(caller, address, own)
        assert (answer.status, answer.content["code"]) == (403, "scope_missing"), address
        assert "mine-" not in answer.content["detail"]
    assert moved() == point


def test_with_its_scope_alone(own: Scene, foreign: Scene) -> None:
    """A token with the scope reaches its own shop's objects; another shop's don't exist for it,
    although its user is a member there, too."""
    foreign.shop.memberships.create(user=own.people["owner"], role="owner")
    alone = {scope: program(own.shop, own.people["owner"], scope) for scope in ALL}
    point = moved()
    for address in WALK:
        with undone():
            answer = make_call(alone[address.scope], address, own)
        assert is_let_in(address, answer), (address, answer.content)
        assert "theirs" not in answer.response.getvalue().decode(), address
        if address.line.names is None or (address.line.anybodys and address.method != "GET"):
            continue
        answer = make_call(alone[address.scope], address, foreign)
        assert answer.status == 404, (address, answer.content)
    assert moved() == point


@pytest.mark.parametrize("role", [*Role, "none", "inactive"][1:])
def test_when_its_maker_has_another_role(own: Scene, foreign: Scene, role: str) -> None:
    """A token never does more than whoever made it could do at that moment."""
    maker = own.people["owner"]
    caller = program(own.shop, maker)
    if role == "none":
        maker.memberships.all().delete()
    elif role == "inactive":
        maker.is_active = False
        maker.save()
    else:
        maker.memberships.update(role=role)
    point = moved()
    for address in WALK:
        if role in address.roles:
            with undone():
                answer = make_call(caller, address, own)
            assert is_let_in(address, answer), (address, answer.content)
        else:
            answer = make_call(caller, address, own)
            assert (answer.status, answer.content["code"]) == (403, "not_allowed"), address
    assert moved() == point


def test_every_write_takes_an_idempotency_key(own: Scene) -> None:
    caller = program(own.shop, own.people["owner"])
    for address in WALK:
        if address.method != "GET" and not address.line.unkept:
            with undone():
                path, body = address.of(own), address.body
                first, again = (caller.call(address.method, path, body, key="k") for _ in "12")
            assert first[:2] == again[:2], address
            # Refusals are not kept.
            replayed = first.status < 300
            assert ("Idempotency-Replayed" in again.response) == replayed, address


def test_other_methods_do_nothing(own: Scene, foreign: Scene) -> None:
    caller = program(own.shop, own.people["owner"])
    point = moved()
    for name, (methods, _argument) in known().items():
        for address in [one for one in WALK if one.name == name][:1]:
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - methods:
                assert caller.call(method, address.of(own), {}).status == 405, (name, method)
            asked = caller.call("OPTIONS", address.of(own))
            assert asked.status == 204
            assert "Content-Type" not in asked.response
            assert set(asked.response["Allow"].split(", ")) - {"HEAD"} == {*methods, "OPTIONS"}
    assert moved() == point


def test_what_everybody_may_read(own: Scene) -> None:
    for name in OPEN:
        response = Client().get(reverse(name))
        assert response.status_code == 200 and "mine" not in response.getvalue().decode()


def moved() -> dict[str, str]:
    """All tables but the token's count of its calls."""
    return {name: figure for name, figure in digest().items() if name != "aftersale_apitoken"}
