"""Where the shop's platform has reasons of its own, people choose among those (SPEC P2)."""

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import PlatformStep, Rejection, Ticket
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import OWN_REASON, PlatformReason
from aftersale.reject_reasons import fitting
from aftersale.services.desk import replies
from aftersale.services.shared.errors import Refused
from tests import factories
from tests.admin.clients import english_client
from tests.aftersale.pictures import picture
from tests.api.program import program

from .conftest import Connected

pytestmark = pytest.mark.django_db

OWN = [
    PlatformReason("41", "发货前已质检", text="您好，已质检。", hint="需上传质检单"),
    PlatformReason("42", "包裹内无商品", needs_pictures=True),
]


@pytest.fixture
def ticket(connected: Connected) -> Ticket:
    connected.order("O1", ago=2)
    connected.ticket("T1", ago=2)
    connected.read()
    connected.place.reasons = list(OWN)
    connected.place.calls.clear()
    return Ticket.objects.select_related("shop", "order").get()


@pytest.fixture
def agent(connected: Connected) -> Client:
    return english_client(factories.make_user(connected.shop, role="cs_agent"))


def reject(connected: Connected, ticket: Ticket, reason: str, **fields) -> Ticket:
    given = {"explanation": "No.", "user": connected.owner, "now": connected.clock.now}
    return replies.reject(ticket_id=ticket.pk, reason=reason, **given | fields)


def test_the_dialog_offers_the_platforms_and_no_others(agent: Client, ticket: Ticket):
    page = agent.get(reverse("desk:reject", args=[ticket.pk])).content.decode()
    for words in (
        "发货前已质检",
        "需上传质检单",
        "包裹内无商品",
        'value="platform:41"',
        "您好，已质检。",
    ):
        assert words in page
    assert "reason_mismatch" not in page
    assert page.count("Pictures needed") == 1


def test_where_it_does_not_answer_the_catalogue_serves(
    connected: Connected, agent: Client, ticket: Ticket
):
    def fail(call: tuple) -> None:
        if call[0] == "reject_reasons":
            raise TimedOut

    connected.place.before = fail
    page = agent.get(reverse("desk:reject", args=[ticket.pk])).content.decode()
    assert "reason_mismatch" in page
    assert "platform:" not in page


def test_the_reason_is_kept_with_its_words_and_sent(connected: Connected, ticket: Ticket):
    rejected = reject(connected, ticket, OWN_REASON + "41")
    assert rejected.status == "rejected"
    rejection = Rejection.objects.get()
    assert (rejection.reason, rejection.label, rejection.explanation) == (
        "platform:41",
        "发货前已质检",
        "No.",
    )
    assert PlatformStep.objects.get().rejection == rejection
    # The rejection keeps its reason when the platform's list changes.
    connected.place.reasons = []
    assert "发货前已质检" in ticket.events.filter(to_status="rejected").get().note


@pytest.mark.parametrize(
    ("reason", "fields", "pointer"),
    [
        (OWN_REASON + "99", {}, "reason"),
        (OWN_REASON, {}, "reason"),
        (OWN_REASON + "42", {}, "evidence"),
    ],
)
def test_what_the_platform_would_not_take_is_refused(
    connected: Connected, ticket: Ticket, reason: str, fields: dict, pointer: str
):
    with pytest.raises(Refused) as refused:
        reject(connected, ticket, reason, **fields)
    assert refused.value.pointer == pointer
    ticket.refresh_from_db()
    assert ticket.status == "pending_review"
    assert not Rejection.objects.exists() and not PlatformStep.objects.exists()


def test_with_the_pictures_that_it_wants_it_goes(
    connected: Connected, ticket: Ticket, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    reject(connected, ticket, OWN_REASON + "42", evidence=[picture()])
    assert Rejection.objects.get().evidence_files.count() == 1


def test_a_program_rejects_for_the_platforms_reasons_too(connected: Connected, ticket: Ticket):
    erp = program(connected.shop, connected.owner)
    found = erp.get("/reject-reasons?ticket_no=T1").content["results"]
    assert [(one["code"], one["hint"], one["needs_evidence"]) for one in found] == [
        ("platform:41", "需上传质检单", False),
        ("platform:42", "", True),
    ]
    for code in ("reason_mismatch", "platform:99"):
        refused = erp.post("/tickets/T1/reject", {"reason": code, "explanation": "No."})
        assert (refused.status, refused.content["code"]) == (422, "other_reasons")
        assert refused.content["errors"][0]["pointer"] == "#/reason"
        assert "platform:41 (发货前已质检); platform:42 (包裹内无商品)" in refused.content["detail"]
    assert not Rejection.objects.exists() and not PlatformStep.objects.exists()
    sent = {"reason": "platform:41", "explanation": "No."}
    assert erp.post("/tickets/T1/reject", sent).status == 200
    assert Rejection.objects.get().label == "发货前已质检"


def test_where_the_platform_has_none_the_catalogue_serves_programs(
    connected: Connected, ticket: Ticket
):
    connected.place.reasons = []
    erp = program(connected.shop, connected.owner)
    found = erp.get("/reject-reasons?ticket_no=T1").content["results"]
    assert [one["code"] for one in found] == [one.code for one in fitting(ticket)]
    assert erp.get("/reject-reasons?ticket_no=T9").status == 404
    sent = {"reason": "reason_mismatch", "explanation": "No."}
    assert erp.post("/tickets/T1/reject", sent).status == 200
