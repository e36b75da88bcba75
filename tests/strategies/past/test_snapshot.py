"""A shop's past in columns is what its rows say, whatever became of the files (SPEC M3, M7)."""

import json
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from aftersale.models import Order, Shop, TicketStatus
from strategies.models import Decision, EvaluatorLane, PastEdition
from strategies.services import past as pasts
from strategies.services.evaluator import Tally, decide_shop
from strategies.services.past import snapshot
from strategies.services.past.columns import NAMES
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket
from tests.strategies.advice.past import make_past
from tests.strategies.past.rows import evaluations

pytestmark = pytest.mark.django_db

START, END = NOON - timedelta(days=3650), NOON + timedelta(days=3650)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings) -> Path:
    settings.PAST_ROOT = tmp_path / "past"
    return settings.PAST_ROOT


def busy_shop() -> Shop:
    shop = make_shop(buyer_limit_days=30, buyer_limit_count=2)
    make_strategy(shop, single_amount_cap="60.00", daily_cap="150.00")
    decided(shop, 5)
    return shop


def decided(shop: Shop, number: int) -> None:
    """Tickets of all kinds of facts, decided."""
    for place in range(number):
        order = make_order(
            shop,
            buyer=f"b{place % 2}",
            paid_amount=5_000 + place,
            labels=["fast_refund"] if place == 2 else [],
            label_printed_at=NOON if place == 3 else None,
            lines=[{"product": f"p{place}"}],
        )
        make_ticket(order, labels=["risk"] if place == 1 else [], line_no=1 if place == 4 else None)
    decide_shop(shop.pk, tally=Tally(), seconds=5)


def rows(shop: Shop) -> tuple[list[Any], list[int]]:
    """The evaluations as the rows have them; buyers only as who is the same."""
    found = evaluations(shop)
    return [(_plain(tuple(facts)), *rest) for facts, *rest in found], _alike(
        [facts.buyer for facts, *_ in found]
    )


def in_columns(shop: Shop) -> tuple[list[Any], list[int]]:
    past = pasts.load(shop.pk, START, END)
    every = past.evaluations(slice(None))
    return [
        (_plain(tuple(one.facts)), one.hit, one.paused, decision)
        for one, decision in zip(every, past["decision"].tolist(), strict=True)
    ], _alike([one.facts.buyer for one in every])


def _plain(facts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without the buyer, and what no replay looks at: ticket's number, paid for the line."""
    return (facts[0], *facts[2:3], *facts[4:26], *facts[27:])


def _alike(buyers: list[Any]) -> list[int]:
    return [buyers.index(buyer) for buyer in buyers]


def keep(shop: Shop) -> snapshot.Head:
    pasts.keep(shop.pk, now=NOON)
    head = snapshot._good_head(shop.pk)
    assert head is not None
    return head


def test_without_a_file_and_with_one_and_with_later_rows() -> None:
    shop = busy_shop()
    assert in_columns(shop) == rows(shop)
    assert keep(shop).rows == Decision.objects.filter(shop=shop).count() == 5
    assert snapshot.decisions(shop.pk, NOON).from_file
    assert in_columns(shop) == rows(shop)
    decided(shop, 3)
    assert in_columns(shop) == rows(shop)
    assert keep(shop).rows == 8
    assert in_columns(shop) == rows(shop)
    assert len(rows(shop)[0]) == 8


def test_imported_history_is_estimated_between_the_decisions() -> None:
    shop = busy_shop()
    order = make_order(shop, status="completed", completed_at=NOON, delivered_at=NOON)
    for days in (-9, 900):
        make_ticket(
            order,
            status=TicketStatus.REFUNDED,
            applied_at=NOON + timedelta(days=days),
            awaiting_evaluation=False,
        )
    keep(shop)
    past = pasts.load(shop.pk, START, END)
    assert (past.estimated, past.decided, past["decision"][0]) == (2, 5, 0)
    assert in_columns(shop) == rows(shop)
    Order.objects.filter(pk=order.pk).update(buyer="another", completed_at=None)
    assert in_columns(shop) == rows(shop)


def damage_head(home: Path, folder: Path) -> None:
    (home / "head.json").write_text('{"version": 1')


def damage_keys(home: Path, folder: Path) -> None:
    (home / "head.json").write_text('{"version": 1}')


def damage_column(home: Path, folder: Path) -> None:
    (folder / "amount").write_bytes(b"12345678")


def damage_words(home: Path, folder: Path) -> None:
    (folder / "words").write_bytes(b"x" * (folder / "words").stat().st_size)


def lose_a_file(home: Path, folder: Path) -> None:
    (folder / "ticket").unlink()


def older_program(home: Path, folder: Path) -> None:
    head = json.loads((home / "head.json").read_text())
    (home / "head.json").write_text(json.dumps({**head, "version": 0}))


def test_what_is_damaged_lost_or_of_another_program_is_read_anew(folder: Path) -> None:
    shop = busy_shop()
    for damage in (
        damage_head, damage_keys, damage_column, damage_words, lose_a_file, older_program,
    ):  # fmt: skip
        head = keep(shop)
        damage(folder / str(shop.pk), folder / str(shop.pk) / head.folder)
        assert in_columns(shop) == rows(shop), damage.__name__
        keep(shop)
        assert snapshot.decisions(shop.pk, NOON).from_file, damage.__name__
        assert in_columns(shop) == rows(shop), damage.__name__


def test_a_process_that_died_while_it_wrote_leaves_nothing_that_counts(monkeypatch) -> None:
    shop = busy_shop()
    before = keep(shop)
    decided(shop, 3)
    monkeypatch.setattr(snapshot, "_say", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pasts.keep(shop.pk, now=NOON)
    monkeypatch.undo()
    assert snapshot._good_head(shop.pk) == before
    assert in_columns(shop) == rows(shop)
    assert keep(shop).rows == 8
    assert in_columns(shop) == rows(shop)


def test_p7_what_is_forgotten_is_gone_from_every_machine(
    folder: Path, django_capture_on_commit_callbacks
) -> None:
    shop = busy_shop()
    kept = keep(shop)
    # Another machine's copy, which nobody there is told of.
    other = (folder / str(shop.pk)).rename(folder / "elsewhere")
    with django_capture_on_commit_callbacks(execute=True):
        Decision.objects.filter(shop=shop).update(buyer="erased")
        pasts.forget(shop.pk)
    assert not (folder / str(shop.pk)).exists()
    other.rename(folder / str(shop.pk))
    assert snapshot._good_head(shop.pk) is None
    assert in_columns(shop) == rows(shop)
    assert len(set(in_columns(shop)[1])) == 1
    assert keep(shop).folder != kept.folder
    assert in_columns(shop) == rows(shop)
    assert PastEdition.objects.get(shop=shop).number == 1


def test_what_is_forgotten_in_a_change_that_fails_stays(folder: Path) -> None:
    shop = busy_shop()
    kept = keep(shop)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        pasts.forget(shop.pk)
        _ = 1 / 0
    assert snapshot._good_head(shop.pk) == kept


def test_p7_files_hold_no_buyers_number(folder: Path) -> None:
    shop = make_shop()
    make_ticket(make_order(shop, buyer="buyer-4711"))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    home = folder / str(shop.pk)
    head = keep(shop)
    for path in (home / "head.json", *(home / head.folder / name for name in (*NAMES, "words"))):
        assert b"buyer-4711" not in path.read_bytes()
    assert home.stat().st_mode & 0o077 == 0


def test_g6_a_backup_brought_back_has_another_history() -> None:
    """Its last decisions are not those of the file; others came in their place."""
    shop = busy_shop()
    keep(shop)
    last = Decision.objects.filter(shop=shop).latest("pk")
    Decision.objects.filter(pk=last.pk).update(decided_at=last.decided_at + timedelta(seconds=1))
    assert snapshot._good_head(shop.pk) is None
    assert in_columns(shop) == rows(shop)
    keep(shop)
    Decision.objects.filter(pk=last.pk).delete()
    assert snapshot._good_head(shop.pk) is None
    assert in_columns(shop) == rows(shop)


def test_files_that_nobody_reads_go_and_the_others_grow(folder: Path) -> None:
    used, unused = busy_shop(), busy_shop()
    keep(used)
    keep(unused)
    decided(used, 2)
    now = datetime.fromtimestamp((folder / str(used.pk)).stat().st_mtime, tz=NOON.tzinfo)
    old = (now - snapshot.UNUSED - timedelta(seconds=9)).timestamp()
    os.utime(folder / str(unused.pk), (old, old))
    pasts.keep_all(now=now, alive=lambda: None)
    assert not (folder / str(unused.pk)).exists()
    head = snapshot._good_head(used.pk)
    assert head is not None and head.rows == 7


@pytest.mark.django_db(transaction=True)
def test_e7_a_batch_under_way_is_in_it_once_it_is_committed() -> None:
    """Decisions of a shop are committed in the order of their ids, one batch after the other."""
    shop = busy_shop()
    make_ticket(make_order(shop, buyer="late"))
    inside, go_on = threading.Event(), threading.Event()

    def decide_slowly() -> None:
        try:
            with transaction.atomic():
                EvaluatorLane.objects.select_for_update().get(shop=shop)
                decide_shop(shop.pk, tally=Tally(), seconds=5)
                inside.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=decide_slowly)
    thread.start()
    assert inside.wait(20)
    assert keep(shop).rows == 5
    go_on.set()
    thread.join(20)
    assert in_columns(shop) == rows(shop)
    assert keep(shop).rows == 6
    assert in_columns(shop) == rows(shop)


def test_the_same_past_has_the_same_numbers_whatever_the_seed() -> None:
    """So that advice on it, with intervals that are drawn by buyer, is the same each time."""
    shop = make_shop()
    make_past(shop, 60)
    span = NOON - timedelta(days=61), NOON + timedelta(days=1)
    first, second = (pasts.load(shop.pk, *span) for _ in range(2))
    for name in ("buyer", "word"):
        assert first[name].tolist() == second[name].tolist()
    assert first.words == second.words and len(first.words) > 1
    assert list(dict.fromkeys(first["buyer"].tolist())) == list(range(first.buyers))
