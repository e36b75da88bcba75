"""What-ifs on screen: while a strategy is typed, a card is moved, a pause is thought of (SPEC M7).

The figures themselves: tests/strategies/trials/test_whatif.py.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Shop, Ticket
from strategies.models import Decision, Strategy
from strategies.services.trials import whatif
from tests.factories import make_order, make_strategy, make_ticket

from .clients import client_of, english_client, text_of
from .scene import Scene
from .test_board import three
from .test_strategy_forms import TYPED, add_url, step
from .test_trials import WATCHED, evaluated

TYPES = reverse("automation:what-if")
CAPS = reverse("automation:what-if-caps")


@pytest.fixture(autouse=True)
def long_ago(own: Scene, settings, tmp_path, monkeypatch) -> None:
    """The scene's own decisions lie before the last 30 days; each test reads its own past."""
    Decision.objects.update(decided_at=timezone.now() - timedelta(days=900))
    Ticket.objects.update(applied_at=timezone.now() - timedelta(days=900))
    settings.PAST_ROOT = tmp_path
    monkeypatch.setattr(whatif, "_recent", whatif.OrderedDict())


def typed(scene: Scene, **fields: Any) -> dict[str, Any]:
    about = {"shop": scene.shop.pk, "scenario": "pre_ship_refund", "execution_time": "all_day"}
    return TYPED | about | fields


def rows() -> list[Any]:
    return [sorted(map(repr, model.objects.values())) for model in WATCHED]


def test_m7_the_effect_follows_what_is_typed(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    small = make_strategy(own.shop, name="small", single_amount_cap="60.00")
    loss, *_others = evaluated(own.shop, 9_000, 5_500, 30_000, 130_000)
    Ticket.objects.filter(pk=loss.pk).update(flags=["likely_loss"])
    before = rows()
    said = text_of(owner.post(TYPES, typed(own, single_amount_cap="200", daily_cap="200")))
    assert "This strategy approves 1 ticket, ¥90." in said
    assert "Likely losses among them: 1 ticket, ¥90." in said
    changed = typed(own, strategy=small.pk, single_amount_cap="50", daily_cap="100")
    said = text_of(owner.post(TYPES, changed))
    assert "This strategy approves 0 tickets, ¥0. As it is saved: 1 ticket, ¥55." in said
    assert "No longer approved, so for people: 1 ticket, ¥55." in said
    same = typed(own, strategy=small.pk, single_amount_cap="60", daily_cap="50000")
    assert "All strategies together: nothing changes." in text_of(owner.post(TYPES, same))
    assert rows() == before


def test_what_cannot_be_read_yet_is_waited_for(own: Scene) -> None:
    """A name may still be missing: it decides nothing."""
    owner = english_client(own.people["owner"])
    for fields in ({"single_amount_cap": ""}, {"single_amount_cap": "x"}, {"valid_from": "x"}):
        answer = owner.post(TYPES, typed(own, **fields))
        assert text_of(answer).strip() == "As soon as what is typed can be read."
        assert "slide" not in owner.post(CAPS, typed(own, **fields)).content.decode()
    nothing = text_of(owner.post(TYPES, typed(own, name="")))
    assert "No tickets in these days" in nothing
    for scenario in ("", "nonsense"):
        assert owner.post(TYPES, typed(own, scenario=scenario)).status_code == 404


def test_m7_imported_history_is_said_to_be_estimated(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    applied = {"applied_at": timezone.now() - timedelta(days=2), "awaiting_evaluation": False}
    for _ in range(2):
        make_ticket(make_order(own.shop, paid_amount=5_000), **applied)
        said = text_of(owner.post(TYPES, typed(own)))
        whatif._recent.clear()
    assert "2 of 2 evaluations are estimated, from imported history." in said


def test_m7_sliders_have_a_curve_over_the_caps(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    evaluated(own.shop, 9_000, 5_500, 30_000)
    page = owner.post(CAPS, typed(own, single_amount_cap="60", daily_cap="400")).content.decode()
    assert 'data-slider="single_amount_cap"' in page and 'data-slider="daily_cap"' in page
    assert 'data-values="55.00|60.00|90.00|300.00"' in page
    assert "¥60: 1 ticket, ¥55|¥90: 2 tickets, ¥145" in page
    assert "<polyline" in page
    nobody = typed(own, product_condition="include", products="unheard-of")
    assert "slide" not in owner.post(CAPS, nobody).content.decode()


def test_m7_the_board_says_what_another_order_would_have_done(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    ids = three(own.shop)
    evaluated(own.shop, 9_000, 9_000)
    address = reverse("automation:what-if-order", args=[own.shop.pk, "pre_ship_refund"])
    assert address in owner.get(reverse("automation:board")).content.decode()
    before = rows()
    said = text_of(owner.post(address, {"ids": ",".join(map(str, ids[::-1]))}))
    assert "All strategies together: nothing changes." in said
    assert rows() == before
    unknown = reverse("automation:what-if-order", args=[own.shop.pk, "nonsense"])
    assert owner.post(unknown, {"ids": ""}).status_code == 404


def test_g2_the_dialog_says_what_a_pause_would_have_stopped(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    make_strategy(own.shop, name="small", single_amount_cap="60.00")
    evaluated(own.shop, 5_500, 5_600, 90_000)
    dialog = owner.get(reverse("desk:automation-pause")).content.decode()
    address = reverse("automation:what-if-pause", args=[own.shop.pk])
    assert address in dialog
    said = text_of(owner.get(address))
    assert "A pause would have sent 2 tickets, ¥111 to people" in said
    assert not Shop.objects.get(pk=own.shop.pk).automation_paused


def test_p1_the_form_asks_and_lesser_roles_and_strangers_get_nothing(own: Scene) -> None:
    page = client_of(own.people["owner"]).get(add_url(own)).content.decode()
    assert TYPES in page and CAPS in page
    strategy = own.row(Strategy)
    assert TYPES in client_of(own.people["owner"]).get(step("edit", strategy)).content.decode()
    for address in (TYPES, CAPS):
        assert client_of(own.people["viewer"]).post(address, typed(own)).status_code == 403
