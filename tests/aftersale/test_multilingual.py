"""Texts that the program writes into rows are read in every language (docs/adr/0010)."""

import copy
import json
import pickle

import pytest
from django.utils.translation import override

from aftersale.domain.multilingual import MultilingualText, joined, read, said, written
from aftersale.models import AuditEntry, Role, TicketEvent, TicketStatus
from aftersale.services.access import members
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

HANDLED = {
    "en": "The platform is handling it.",
    "zh-hans": "平台正在处理。",
}


def texts(text: str) -> dict[str, str]:
    assert isinstance(text, MultilingualText)
    return dict(text.texts)


def test_it_is_the_text_of_the_active_language_and_has_the_others():
    for code, text in HANDLED.items():
        with override(code):
            message = said("The platform is handling it.")
            assert message == text
            assert texts(message) == HANDLED
            assert json.dumps([message], ensure_ascii=False) == f'["{text}"]'
            assert f"{message}" == str(ValueError(message)) == text


def test_what_is_made_of_it_keeps_them():
    message = said("The platform did not take “%(step)s”: %(why)s") % {
        "step": TicketStatus.REFUNDED.label,
        "why": said("The platform is handling it.")[:3] + " (7)",
    }
    assert texts(message) == {
        "en": "The platform did not take “Refunded”: The (7)",
        "zh-hans": "平台未受理“退款成功”：平台正 (7)",
    }
    assert texts(said("The refund failed: %s") % said("The platform is handling it.")) == {
        "en": "The refund failed: The platform is handling it.",
        "zh-hans": "退款失败：平台正在处理。",
    }
    assert texts(joined(", ", ["a", Role.VIEWER.label, said("Order")])) == {
        "en": "a, Read only, Order",
        "zh-hans": "a, 只读, 订单",
    }
    assert texts((said("Order") + " ").strip()) == {"en": "Order", "zh-hans": "订单"}
    for twin in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert texts(twin) == texts(message)


@pytest.mark.parametrize(
    "typed",
    ["", "缺货", "{}", "\x1e", "\x1e{}", "\x1e[1]", "\x1e\ud800"],
)
def test_what_people_type_stays_as_it_is(typed):
    assert read(written(typed)) == typed


def test_a_language_that_came_later_reads_another():
    with override("zh-hans"):
        assert read('\x1e{"en": "Order"}') == "Order"


def test_what_is_the_same_in_all_languages_is_stored_plainly():
    assert written(said("%s") % "SF1300417") == "SF1300417"


@pytest.mark.django_db
def test_a_field_keeps_and_reads_it():
    order = make_order(make_shop())
    note = said("The refund failed: %s") % "余额不足"
    event = TicketEvent.objects.create(
        ticket=make_ticket(order), at=NOON, kind="note", actor="platform", note=note
    )
    of_event = TicketEvent.objects.filter(pk=event.pk)
    for code, text in {
        "en": "The refund failed: 余额不足",
        "zh-hans": "退款失败：余额不足",
    }.items():
        with override(code):
            assert of_event.get().note == of_event.values_list("note", flat=True).get() == text


@pytest.mark.django_db
def test_a_members_roles():
    shop = make_shop()
    owner = make_user(shop)
    kim = make_user(shop, "viewer", username="kim").memberships.get()
    with override("zh-hans"):
        members.remove(membership_id=kim.pk, user=owner, now=NOON)
    with override("en"):
        assert AuditEntry.objects.get(shop=shop, kind="member").note == "kim: Read only → –"
