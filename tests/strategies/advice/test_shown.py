"""The command and the call of advice (INTERFACES, advise; SPEC M6)."""

import json
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from aftersale.models import Role
from strategies.models import AdviceRun, Strategy
from strategies.services import advice, export_strategies
from tests.api.program import program
from tests.factories import NOON, make_shop, make_user
from tests.strategies.advice.past import make_past

pytestmark = pytest.mark.django_db


@time_machine.travel(NOON, tick=False)
def advised(capsys: pytest.CaptureFixture[str], *given: str) -> Any:
    call_command("advise", *given)
    return json.loads(capsys.readouterr().out)


def test_the_command_prints_what_apply_strategies_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = make_shop()
    make_past(shop)
    printed = advised(capsys, shop.code, "--days", "60", "--may-lose", "50")
    assert (printed["status"], printed["may_lose"]) == ("done", "50.00")
    assert sorted(ended["end"] for ended in printed["ends"]) == ["open", "refunded", "rejected"]
    (figures,) = printed["figures"]
    assert figures["all"]["went_wrong"] == "0.00"
    assert figures["hits"] == figures["all"]["tickets"]
    assert not Strategy.objects.exists()
    (applied,) = export_strategies.apply(printed["strategies"], user=None, now=NOON, dry_run=False)
    assert (applied.outcome.value, applied.errors) == ("new", ())
    strategy = Strategy.objects.get()
    assert (strategy.enabled, strategy.name) == (False, figures["name"])
    assert strategy.buyer_reasons == ["size"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("no-such",), "no shop"),
        (("s1", "--days", "3"), "days"),
        (("s1", "--may-lose", "x"), "yuan"),
    ],
)
def test_the_command_refuses(given: tuple[str, ...], says: str) -> None:
    make_shop(code="s1")
    with pytest.raises(CommandError, match=says):
        call_command("advise", *given)
    assert not AdviceRun.objects.exists()


def test_the_call_shows_the_newest() -> None:
    shop = make_shop()
    owner = make_user(shop, Role.OWNER)
    erp = program(shop, owner, "read")
    status, empty, _response = erp.get("/advice")
    assert (status, empty["id"], empty["strategies"]) == (200, None, [])
    make_past(shop)
    run = advice.begin(shop_id=shop.pk, user=owner, now=NOON)
    advice.run(run.pk, clock=lambda: NOON)
    _status, told, _response = erp.get("/advice")
    assert told["id"] == run.pk
    assert told["existing"] == []
    assert [each["buyer_reasons"] for each in told["strategies"]] == [["size"]]
    assert len(told["curve"]) >= 1
    assert told["curve"] == sorted(told["curve"], key=lambda point: point["minutes_a_month"])
    assert erp.get("/advice?point=99").status == 404
    # No buyer's number leaves with it.
    assert "b0" not in json.dumps(told)
    elsewhere = make_shop()
    other = program(elsewhere, make_user(elsewhere), "read")
    assert other.get("/advice").content["id"] is None
