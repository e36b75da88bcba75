"""A dispute lasts until the platform says that it ended, and how (SPEC O4)."""

from datetime import timedelta

import pytest

from aftersale.domain import platform_facts
from aftersale.platforms.protocol import Accepted, Declined, Picture, Why
from aftersale.platforms.wechat import disputes
from aftersale.platforms.wechat.disputes import Dispute
from tests.each import each
from tests.platforms.wechat.scene import picture, step_of
from tests.platforms.wechat.test_codes import TICKET, whole

SECOND = timedelta(seconds=1)
# Numbers of the platform's page, and which of them are an end.
RUNNING = [100, 101, 103, 104, 105, 106, 107, 108, 109, 110, 111, 113, 305, 307, 0, 999]
ENDED = [102, 112, 115, 116]


def dispute(status, *steps):
    return Dispute("77", status, tuple((1662483600 + at, kind) for at, kind in enumerate(steps)))


def applied(fake):
    return fake.buyer_applies(fake.places(5000), "refund_only", 5000)


def facts_of(ticket, name):
    return [fact.value for fact in ticket.facts if fact.name == name]


@pytest.mark.parametrize("code", RUNNING)
@pytest.mark.parametrize(
    "status", ["MERCHANT_PROCESSING", "MERCHANT_REJECT_REFUND", "USER_WAIT_CONFIRM_UPDATE"]
)
def test_one_that_runs_stands_before_the_status(code, status):
    """One in a state that is not known runs."""
    assert whole(dispute(code), status=status).record.status == "arbitration"


@pytest.mark.parametrize("code", ENDED)
@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("MERCHANT_PROCESSING", "pending_review"),
        ("MERCHANT_REJECT_RETURN", "rejected"),
        ("USER_WAIT_CONFIRM_UPDATE", "negotiating"),
    ],
)
def test_after_its_end_the_tickets_own_status_counts(code, status, ours):
    """The ticket names its dispute for ever."""
    assert whole(dispute(code), status=status, complaint_id="77").record.status == ours


@each("value", [float("inf"), float("nan"), "soon", None])
def test_a_number_that_is_none_says_nothing(value):
    """JSON of another program may have 1e999 in it. A status that can't be read is one."""
    steps = [{"time": value, "item_type": value}]
    status = 0 if value is None else disputes.UNREADABLE
    found = disputes.dispute("77", {"status": value, "history": steps})
    assert found == Dispute("77", status, ((0, 0),))


@each("status", ["MERCHANT_REFUND_SUCCESS", "USER_CANCELD", "MERCHANT_FAIL"])
def test_a_ticket_that_is_over_is_in_no_dispute(status):
    assert whole(dispute(103), status=status).record.status != "arbitration"


def test_money_that_is_sent_again_by_the_platform():
    assert whole(dispute(114), status="MERCHANT_REJECT_REFUND").record.status == "refunding"


@each(
    "code, steps, winner",
    [
        (112, (1, 51, 30, 26), "merchant"),
        (112, (1, 31), "buyer"),
        (116, (37,), "merchant"),
        (116, (36,), "buyer"),
        (115, (), "buyer"),
        # The latest word counts.
        (112, (31, 34, 37), "merchant"),
        (112, (32,), None),
        (102, (5,), None),
        # Not before its end.
        (111, (30,), None),
    ],
)
def test_who_won(code, steps, winner):
    found = disputes.dispute(
        "7",
        {
            "status": code,
            "history": [{"item_type": kind, "time": at} for at, kind in enumerate(steps, start=9)],
        },
    )
    assert whole(found, status="MERCHANT_REJECT_REFUND").record.arbitration_result == winner


@each(
    "steps, runs",
    [((1, 10, 11, 3, 13), True), ((1, 13, 26), False), ((1, 5), False), ((), True)],
)
def test_an_older_answer_without_a_state_is_read_by_its_last_step(steps, runs):
    history = [{"item_type": kind, "time": at} for at, kind in enumerate(steps, start=9)]
    found = disputes.dispute("7", {"history": list(reversed(history))})
    assert found.running is runs


def test_a_picture_is_shown_once():
    found = Dispute("7", 103, (), ("m-1", "m-2"))
    ticket = whole(found, details={"media_id_list": ["m-1"]})
    assert facts_of(ticket, "picture") == ["m-1", "m-2"]


def test_every_state_and_step_has_its_words():
    words = {word for word, _ in disputes.STATUS.values()}
    turns = {turn for _, turn in disputes.STATUS.values()} - {""}
    assert set(disputes.STATUS) == {*RUNNING, *ENDED, 114} - {0, 999}
    assert set(ENDED) == disputes.ENDED
    assert words <= set(platform_facts.VALUES["dispute"])
    assert turns <= set(platform_facts.VALUES["dispute_turn"])
    assert set(disputes.STEPS.values()) <= set(platform_facts.VALUES["dispute_step"])


def test_a_dispute_from_its_beginning_to_its_end(fake, shop):
    ticket = applied(fake)
    before = shop.ticket(ticket)
    assert "/channels/ec/aftersale/getcomplaintorder" not in fake.wire.paths
    fake.platform_steps_in(ticket)
    running = shop.ticket(ticket)
    assert (running.record.status, facts_of(running, "dispute")) == (
        "arbitration",
        ["with_service"],
    )
    assert facts_of(running, "dispute_turn") == ["platform"]
    assert facts_of(running, "dispute_step") == ["platform_handles", "called"]
    assert facts_of(running, "picture") == ["of-buyer"]
    fake.dispute_moves(ticket, 112, 30, 22)
    over = shop.ticket(ticket)
    assert (over.record.status, over.record.arbitration_result) == ("pending_review", "merchant")
    # A version of its own, though the ticket's time stands still: none is taken for the other.
    versions = [one.record.updated_at for one in (before, running, over)]
    assert versions == sorted(set(versions))
    # The parties' texts are not kept: they may contain anything.
    assert "13800138000" not in str(running.facts)


def test_the_end_of_a_dispute_is_a_version_that_steps_are_sent_with(fake, shop):
    ticket = applied(fake)
    fake.platform_steps_in(ticket)
    running = step_of(shop, ticket)
    fake.dispute_moves(ticket, 116, 26)
    stale = shop.approve(running)
    assert isinstance(stale, Declined)
    assert stale.why is Why.CHANGED
    assert shop.approve(step_of(shop, ticket)) == Accepted()


def test_a_dispute_that_is_not_there_any_more_is_over(fake, shop):
    ticket = applied(fake)
    fake.platform_steps_in(ticket)
    fake._tickets[ticket].extra = {"complaint_id": "404"}
    assert shop.ticket(ticket).record.status == "pending_review"


@each("history", [None, [], "x", [5], [{"item_type": "x", "time": None}]])
def test_a_course_that_can_not_be_read(history):
    found = disputes.dispute("7", {"status": 103, "history": history})
    assert found.running
    assert whole(found).record.updated_at.timestamp() == TICKET["update_time"]


@pytest.mark.parametrize(
    ("status", "path"),
    [(106, "proof"), (108, "proof"), (103, "material"), (101, "material")],
)
def test_evidence_goes_where_the_platform_wants_it(fake, shop, status, path):
    ticket = applied(fake)
    fake.platform_steps_in(ticket)
    fake.dispute_moves(ticket, status, 14)
    answer = shop.send_evidence(ticket, text="已经发货", pictures=[picture()])
    assert answer == Accepted()
    sent = {"complaint_id": fake._tickets[ticket].disputed, "content": "已经发货"}
    assert fake.received == [("evidence", {**sent, "media_id_list": ["media-1"]})]
    assert fake.wire.paths[-1] == f"/channels/ec/aftersale/addcomplaint{path}"
    assert fake.calls("send_evidence") == 1


@pytest.mark.parametrize("status", [100, 104, 107, 110, 111, 112, 116])
def test_evidence_that_nobody_waits_for_is_not_sent(fake, shop, status):
    ticket = applied(fake)
    fake.platform_steps_in(ticket)
    fake.dispute_moves(ticket, status)
    answer = shop.send_evidence(ticket, text="x", pictures=[])
    assert isinstance(answer, Declined)
    assert answer.why is Why.CHANGED
    assert (fake.received, fake.media) == ([], [])


@pytest.mark.parametrize(
    ("text", "pictures"), [("x" * 501, []), ("x", [Picture("a", "image/png", b"")] * 21)]
)
def test_evidence_that_is_too_much_is_not_sent(fake, shop, text, pictures):
    ticket = applied(fake)
    fake.platform_steps_in(ticket)
    answer = shop.send_evidence(ticket, text=text, pictures=pictures)
    assert isinstance(answer, Declined)
    assert "500" in answer.reason
    assert (fake.received, fake.media) == ([], [])


def test_there_is_no_evidence_without_a_dispute(fake, shop):
    assert isinstance(shop.send_evidence(applied(fake), text="x", pictures=[]), Declined)
    assert isinstance(shop.send_evidence("404", text="x", pictures=[]), Declined)
    assert fake.received == []


@each("status", ["closed", [116], {}, 11.5j])
def test_a_status_that_can_not_be_read_is_no_end(status):
    """The history's last step makes no difference."""
    answer = {"status": status, "history": [{"time": 1662483600, "item_type": 26}]}
    assert disputes.dispute("77", answer).running is True


@each("status", [None, "", 0, "0"])
def test_where_no_status_is_given_the_last_step_says(status):
    answer = {"status": status, "history": [{"time": 1662483600, "item_type": 26}]}
    assert disputes.dispute("77", answer).running is False
