"""The operators' page "How the machine does": each check in words, and what to do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from config import replica
from config.backup import About
from config.queue import BEATS_WITHIN
from config.version import VERSION
from monitoring.admin import machine as page
from monitoring.services import machine
from strategies.models import Heartbeat
from tests.admin.clients import client_of
from tests.admin.scene import person
from tests.factories import make_shop, make_user

pytestmark = pytest.mark.django_db
PAGE = reverse("monitoring:machine")


def beats(worker: str, ago: float = 0, host: str = "one", clock_ahead: float = 0) -> None:
    Heartbeat.objects.update_or_create(
        worker=worker,
        host=host,
        defaults={"at": timezone.now() - timedelta(seconds=ago), "clock_ahead": clock_ahead},
    )


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with room; clusters at work, and last night's backup."""
    Heartbeat.objects.all().delete()
    for cluster in BEATS_WITHIN:
        beats(cluster)
    beats("backup", ago=3_600)
    room = machine.Room(50 * page.GB, 100 * page.GB)
    monkeypatch.setattr(machine, "disks", lambda: {"/srv/media": room})
    monkeypatch.setattr(machine, "memory", lambda: room)
    monkeypatch.setattr(
        machine, "database", lambda: machine.Database(5_000_000, 10, 100, 2.0, replicas=0)
    )


def wrong() -> list[tuple[str, str, str]]:
    """What is not well, with what to do."""
    rows = [row for part in page.parts() for row in part.rows]
    assert all(bool(row.todo) == (row.state != page.WELL) for row in rows)
    return [(row.name, row.state, row.found) for row in rows if row.state != page.WELL]


def test_all_is_well(well: None) -> None:
    assert wrong() == []
    text = client_of(person("operator", is_superuser=True)).get(PAGE).text
    assert "All is well." in text and "Bad" not in text


def test_every_check_of_readyz_is_on_it(well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever turns /readyz red is told here, with a sentence for what to do."""
    for name in page.health.CHECKS:
        with monkeypatch.context() as patch:
            patch.setitem(page.health.CHECKS, name, lambda: page.health.Check(False, 4_000))
            if name == "clocks":
                beats("pay", clock_ahead=31)
            assert [state for _name, state, _found in wrong()] == [page.BAD], name


def test_a_cluster_that_never_ran_and_a_machine_that_fell_silent(well: None) -> None:
    Heartbeat.objects.filter(worker="pay").delete()
    beats("tell", ago=3_700, host="two")
    assert wrong() == [
        (
            "pay: carries out refunds and steps at platforms",
            page.BAD,
            "It has never given a sign of work.",
        ),
        ("tell@two", page.LOOK, "Last sign of work: 1 h 1 min ago."),
    ]
    names = [row.name for row in page.parts()[0].rows]
    assert {"tell@one", "tell@two"} <= set(names) and "decide@one" not in names
    beats("tell", ago=8 * 86_400, host="two")
    assert [name for name, _state, _found in wrong()] == [
        "pay: carries out refunds and steps at platforms"
    ]


@pytest.mark.parametrize(
    ("free", "state"), [(5, []), (4.9, [page.LOOK]), (1, [page.LOOK]), (0.9, [page.BAD])]
)
def test_a_disk_without_room(well: None, monkeypatch: Any, free: float, state: list[str]) -> None:
    room = machine.Room(int(free * page.GB), 100 * page.GB)
    monkeypatch.setattr(machine, "disks", lambda: {"/srv/media": room})
    assert [found[1] for found in wrong()] == state


@pytest.mark.parametrize(
    ("free", "state"), [(11, []), (10, [page.LOOK]), (6, [page.LOOK]), (5, [page.BAD])]
)
def test_too_little_memory(well: None, monkeypatch: Any, free: int, state: list[str]) -> None:
    monkeypatch.setattr(machine, "memory", lambda: machine.Room(free, 100))
    assert [found[:2] for found in wrong()] == [("Memory", one) for one in state]


def test_the_memory_that_a_control_group_allows(monkeypatch: Any, tmp_path: Any) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    whole = machine.memory().total
    (tmp_path / "memory.current").write_text("900000000\n")
    (tmp_path / "memory.stat").write_text("anon 700000000\ninactive_file 200000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory().total == whole
    (tmp_path / "memory.max").write_text("1000000000\n")
    assert machine.memory() == machine.Room(300_000_000, 1_000_000_000)


def test_connections_and_a_transaction_that_is_left_open(well: None, monkeypatch: Any) -> None:
    facts = machine.Database(5_000_000, 96, 100, 3_601.0, replicas=0)
    monkeypatch.setattr(machine, "database", lambda: facts)
    assert wrong() == [
        ("Connections", page.BAD, "96 of 100 are open."),
        ("Transactions", page.LOOK, "The oldest runs for 1 h 0 min."),
    ]


def test_facts_of_this_database() -> None:
    facts = machine.database()
    assert facts.size > 1_000_000 and 1 <= facts.connections <= facts.most_connections
    assert facts.oldest_transaction >= 0
    assert all(0 <= room.free <= room.total for room in machine.disks().values())
    room = machine.memory()
    assert 0 < room.free <= room.total


def test_the_latest_backup(well: None, tmp_path: Any, monkeypatch: Any) -> None:
    beats("backup", ago=27 * 3_600)
    assert wrong() == [("Last backup", page.LOOK, "1 day 3 h ago")]
    Heartbeat.objects.filter(worker="backup").delete()
    assert [found[:2] for found in wrong()] == [("Last backup", page.LOOK)]
    # One that failed counts for nothing; one that was done is written down.
    with pytest.raises(Exception, match="no/such"):
        call_command("backup", tmp_path / "no" / "such" / "file")
    assert machine.backup_age() is None
    monkeypatch.setattr("config.backup.write", wrote)
    call_command("backup", tmp_path / "one.backup")
    age = machine.backup_age()
    assert age is not None and age < 60
    assert wrong() == []


def wrote(file: Path) -> About:
    """In place of pg_dump: what a backup holds is in tests/restoring."""
    file.write_text("backup")
    return About(timezone.now().isoformat(), VERSION)


def test_a_replica_that_is_not_used_says_why(well: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(replica, "is_set", lambda: True)
    for why, sentence in (
        ("gone", "The replica can't be reached: see whether it runs and REPLICA_URL is right."),
        ("behind", "The replica is more than 30 s behind."),
        ("other", "REPLICA_URL leads to another server than a replica of this database."),
        ("no_replica", "REPLICA_URL leads to a server that takes changes, and to no replica."),
    ):
        monkeypatch.setattr(replica, "look", lambda why=why: replica.Seen(why))
        assert wrong() == [("Replica for reading", page.LOOK, sentence)]
    monkeypatch.setattr(replica, "look", lambda: replica.Seen("", 2.0))
    assert wrong() == []


def test_in_chinese(well: None) -> None:
    beats("pay", ago=200)
    with translation.override("zh-hans"):
        [(name, _state, found)] = wrong()
        assert (name, found) == ("pay：执行退款，并把操作同步到平台", "最近一次心跳：3 分钟前。")


def test_operators_only(well: None, client: Client) -> None:
    """SPEC P1: an owner is refused, a stranger is led to the log-in page."""
    owner = make_user(make_shop(), "owner")
    assert client_of(owner).get(PAGE).status_code == 403
    answer = client.get(PAGE)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
