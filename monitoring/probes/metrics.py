"""Figures for Prometheus, read from the rows at each request: `/metrics`.

Many processes on many machines do the work, so only the database can count it. The address needs
METRICS_TOKEN; without that setting it does not exist.
"""

import secrets
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from aftersale.models import RefundStatus
from config import replica
from config.queue import BEATS_WITHIN
from monitoring.services import clocks, health, machine

# Upper ends of the latency histogram, in seconds; SPEC E1 promises one second.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
# The histogram covers this many of the latest decisions.
LATEST = 1_000

_OPEN = [RefundStatus.REQUESTED, RefundStatus.SENDING, RefundStatus.UNKNOWN]

# From a ticket's arrival to its first decision. Newest first, along the primary key.
_LATENCIES = """
SELECT extract(epoch FROM d.decided_at - e.at)::float8
FROM (SELECT ticket_id, decided_at FROM strategies_decision ORDER BY id DESC LIMIT %s) d
CROSS JOIN LATERAL (
    SELECT at, kind FROM aftersale_ticketevent
    WHERE ticket_id = d.ticket_id ORDER BY id LIMIT 1
) e
WHERE e.kind = 'arrived' AND NOT EXISTS (
    SELECT 1 FROM strategies_decision earlier
    WHERE earlier.ticket_id = d.ticket_id AND earlier.decided_at < d.decided_at
)
"""


class Rows(Collector):
    """Reads every figure anew at each request, in a few indexed queries."""

    def collect(self) -> Iterator[Metric]:
        yield self._gauge(
            "afterdesk_tickets_waiting",
            "Tickets waiting for automation.",
            self._number("SELECT count(*) FROM aftersale_ticket WHERE awaiting_evaluation"),
        )
        for name, what, seconds in (
            (
                "afterdesk_oldest_waiting_ticket_seconds",
                "Seconds since the longest waiting ticket began to wait.",
                health.oldest_waiting(),
            ),
            (
                "afterdesk_oldest_due_refund_seconds",
                "Seconds since the refund was due that should have been sent first.",
                health.oldest_due_refund(),
            ),
            (
                "afterdesk_oldest_queued_task_seconds",
                "Seconds for which the oldest task has waited to be fetched.",
                health.oldest_task(),
            ),
            (
                "afterdesk_oldest_reading_seconds",
                "Seconds since the latest reading of the shop that was not read for longest.",
                health.oldest_reading(),
            ),
        ):
            yield self._gauge(name, what, seconds or 0)
        yield self._decided()
        yield self._latency()
        yield self._refunds()
        yield self._queue()
        yield self._platform_calls()
        yield self._clocks()
        yield self._heartbeats()
        yield from self._database()

    def _decided(self) -> Metric:
        family = CounterMetricFamily(
            "afterdesk_decisions",
            "Decisions made, by outcome and source.",
            labels=["outcome", "source"],
        )
        for outcome, source, count in self._rows(
            "SELECT outcome, source, sum(decisions)::bigint FROM strategies_decisiontally"
            " GROUP BY outcome, source ORDER BY outcome, source"
        ):
            family.add_metric([outcome, source or "none"], count)
        return family

    def _platform_calls(self) -> Metric:
        family = GaugeMetricFamily(
            "afterdesk_platform_calls_today",
            "Calls to platforms on this day of China, by platform and shop.",
            labels=["platform", "shop"],
        )
        for platform, shop, calls in self._rows(
            "SELECT p.platform, p.code, sum(c.calls)::bigint FROM aftersale_platformcalls c"
            " JOIN aftersale_shop p ON p.id = c.shop_id"
            " WHERE c.day = (now() AT TIME ZONE 'Asia/Shanghai')::date"
            " GROUP BY p.platform, p.code ORDER BY p.platform, p.code"
        ):
            family.add_metric([platform, shop], calls)
        return family

    def _latency(self) -> Metric:
        taken = sorted(row[0] for row in self._rows(_LATENCIES, [LATEST]))
        buckets = [(str(end), float(sum(seconds <= end for seconds in taken))) for end in BUCKETS]
        family = GaugeHistogramMetricFamily(
            "afterdesk_decision_latency_seconds",
            f"From arrival to first decision, of the latest {LATEST} decisions.",
        )
        family.add_metric([], [*buckets, ("+Inf", float(len(taken)))], sum(taken))
        return family

    def _refunds(self) -> Metric:
        family = GaugeMetricFamily(
            "afterdesk_refunds", "Refunds that are not over, and failed ones.", labels=["state"]
        )
        found = dict(
            self._rows(
                "SELECT status, count(*) FROM aftersale_refund WHERE status = ANY(%s)"
                " GROUP BY status",
                [[*_OPEN, RefundStatus.FAILED]],
            )
        )
        for status in (*_OPEN, RefundStatus.FAILED):
            family.add_metric([status.value], found.get(status.value, 0))
        return family

    def _queue(self) -> Metric:
        family = GaugeMetricFamily(
            "afterdesk_queued_tasks", "Tasks in the queue, by cluster.", labels=["cluster"]
        )
        for cluster, count in self._rows("SELECT key, count(*) FROM django_q_ormq GROUP BY key"):
            family.add_metric([cluster], count)
        return family

    def _clocks(self) -> Metric:
        family = GaugeMetricFamily(
            "afterdesk_clock_ahead_seconds",
            "Seconds by which a clock is ahead of the database's: this web process's, each"
            " machine's that works, each platform's.",
            labels=["of"],
        )
        for clock in clocks.seen(here="web"):
            family.add_metric([clock.of], clock.ahead)
        return family

    def _heartbeats(self) -> Metric:
        family = GaugeMetricFamily(
            "afterdesk_heartbeat_age_seconds",
            "Seconds since the cluster's last sign of work.",
            labels=["cluster"],
        )
        for cluster in BEATS_WITHIN:
            age = health.heartbeat_age(cluster)
            if age is not None:
                family.add_metric([cluster], age)
        return family

    def _database(self) -> Iterator[Metric]:
        yield self._gauge(
            "afterdesk_database_bytes", "Size of the database.", machine.database_size()
        )
        age = machine.backup_age()
        if age is not None:
            yield self._gauge(
                "afterdesk_backup_age_seconds", "Seconds since the latest backup was done.", age
            )
        if replica.is_set():
            seen = replica.look()
            yield self._gauge(
                "afterdesk_replica_used",
                "Whether the replica is fit to answer reads (1), or the primary answers all (0).",
                not seen.why,
            )

    @staticmethod
    def _gauge(name: str, what: str, value: float) -> Metric:
        return GaugeMetricFamily(name, what, value=value)

    def _number(self, query: str) -> int:
        return self._rows(query)[0][0]

    @staticmethod
    def _rows(query: str, given: list | None = None) -> list:
        with connection.cursor() as cursor:
            cursor.execute(query, given)
            return cursor.fetchall()


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """OpenMetrics text; needs the token: `Authorization: Bearer …`."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Rows())
    return HttpResponse(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
