"""deploy/watch: what Grafana and Prometheus ask for exists, with the thresholds of /readyz."""

import json
import re
from datetime import timedelta

import pytest
import yaml
from django.utils import timezone

from config import replica
from config.postgres import BASE_DIR
from config.queue import BEATS_WITHIN
from monitoring.probes import metrics
from monitoring.services import clocks, health
from monitoring.services.alert_queries import LATE, READING_LATE
from strategies.models import Heartbeat

WATCH = BASE_DIR / "deploy" / "watch"
RULES = [
    rule
    for group in yaml.safe_load((WATCH / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS = json.loads((WATCH / "grafana.json").read_text())["panels"]
_NAME = re.compile(r"\bafterdesk_\w+")


def exported() -> set[str]:
    for worker in ("backup", *BEATS_WITHIN):
        Heartbeat.objects.create(worker=worker, host="one", at=timezone.now(), clock_ahead=0)
    found = set()
    for family in metrics.Rows().collect():
        end = {"counter": "_total", "gaugehistogram": "_bucket"}.get(family.type, "")
        found.add(family.name + end)
    return found


@pytest.mark.django_db
def test_what_is_asked_for_is_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways: a metric that nobody looks at is one too many."""
    monkeypatch.setattr(replica, "is_set", lambda: True)
    monkeypatch.setattr(replica, "look", lambda: replica.Seen(""))
    asked = [rule["expr"] for rule in RULES]
    asked += [target["expr"] for panel in PANELS for target in panel["targets"]]
    assert {name for expression in asked for name in _NAME.findall(expression)} == exported()


def test_each_rule_says_what_to_do() -> None:
    for rule in RULES:
        assert rule["annotations"].keys() == {"summary", "todo"}, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "warn")
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def seconds(alert: str) -> list[float]:
    [rule] = [one for one in RULES if one["alert"] == alert]
    return [float(number) for number in re.findall(r"[<>]=? ([\d.]+)", rule["expr"])]


def test_the_thresholds_are_those_of_readyz() -> None:
    late, reading = LATE.total_seconds(), READING_LATE.total_seconds()
    beats = health.HEARTBEAT_SECONDS
    assert {beats[cluster] for cluster in ("decide", "pay", "tell")} == {120}
    assert seconds("AfterdeskClusterSilent") == [120, beats["pull"], beats["slow"]]
    assert seconds("AfterdeskClusterMissing") == [len(BEATS_WITHIN)]
    assert seconds("AfterdeskTicketsWait") == seconds("AfterdeskRefundsWait") == [late]
    assert seconds("AfterdeskTasksWait") == [health.QUEUE_SECONDS]
    assert seconds("AfterdeskReadingLate") == [reading]
    assert seconds("AfterdeskClockDiffers") == [clocks.MOST_SECONDS]
    assert seconds("AfterdeskBackupOld") == [timedelta(hours=26).total_seconds()]


def test_panels_lie_beside_each_other() -> None:
    places = set()
    for panel in PANELS:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in places, panel["title"]
                places.add((x, y))
