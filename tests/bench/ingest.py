"""Bulk ingest against COPY of the same rows (PERFORMANCE), parse included: by the command
(>= 0.25), and by `POST /tickets` of 1,000 through the whole of the web application (>= 0.10).

`python -m tests.bench.ingest`, with DATABASE_URL. A ticket stands for its order with one to three
lines, itself and its event. BENCH_TICKETS says how many.
"""

import io
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from aftersale.models import Shop
from aftersale.services.access import tokens
from tests.factories import make_user

from .database import bench_database
from .report import Row, show

TICKETS = int(os.environ.get("BENCH_TICKETS", 40_000))
TABLES = [
    "aftersale_order",
    "aftersale_orderline",
    "aftersale_ticket",
    "aftersale_ticketevent",
]


def write_file(path: Path, tickets: int, seed: int = 1) -> None:
    """One shop; each order is followed, some lines later, by its ticket."""
    chance = random.Random(seed)
    start = datetime(2026, 3, 1, tzinfo=UTC)

    def at(moment: datetime) -> str:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

    with path.open("w") as file:
        file.write('{"kind": "shop", "code": "bench", "name": "Bench", "platform": "kuaishou"}\n')
        held: list[str] = []
        for number in range(tickets):
            paid = start + timedelta(seconds=number)
            prices = [chance.randrange(100, 20_000) for _ in range(chance.choice([1, 1, 2, 3]))]
            file.write(
                json.dumps(
                    {
                        "kind": "order",
                        "shop": "bench",
                        "order_no": f"O{number:09d}",
                        "status": "pending_shipment",
                        "buyer": f"buyer-{chance.randrange(5000)}",
                        "created_at": at(paid - timedelta(minutes=3)),
                        "paid_at": at(paid),
                        "updated_at": at(paid),
                        "paid_amount": f"{sum(prices) / 100:.2f}",
                        "labels": ["fast_refund"] if number % 3 == 0 else [],
                        "lines": [
                            {
                                "line_no": line_no,
                                "product": f"p-{chance.randrange(900)}",
                                "category": f"c-{line_no}",
                                "title": f"Product with a name {line_no}",
                                "quantity": 1,
                                "paid_amount": f"{price / 100:.2f}",
                            }
                            for line_no, price in enumerate(prices, 1)
                        ],
                    }
                )
                + "\n"
            )
            applied = paid + timedelta(hours=chance.randrange(1, 40))
            held.append(
                json.dumps(
                    {
                        "kind": "ticket",
                        "shop": "bench",
                        "ticket_no": f"T{number:09d}",
                        "order_no": f"O{number:09d}",
                        "line_no": 1 if number % 2 else None,
                        "type": "refund_only",
                        "reason": "no_longer_wanted",
                        "amount": f"{prices[0] / 100:.2f}",
                        "applied_at": at(applied),
                        "updated_at": at(applied),
                        "note": "please",
                        "evidence": [],
                    }
                )
                + "\n"
            )
            if len(held) > 200:
                file.write(held.pop(0))
        file.writelines(held)


def run_ingest(path: Path) -> float:
    began = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        call_command("ingest", str(path))
    return time.perf_counter() - began


API_BATCH = 1_000


def run_api(path: Path) -> float:
    """Sends the file's tickets, their orders being there, as a program would, in this process."""
    shop = Shop.objects.get(code="bench")
    _token, text = tokens.create(
        shop_id=shop.pk, name="bench", scopes=["orders"], user=make_user(shop), now=timezone.now()
    )
    tickets = []
    with path.open() as file:
        for line in file:
            record = json.loads(line)
            if record.pop("kind") == "ticket":
                tickets.append(record)
    batches = [tickets[at : at + API_BATCH] for at in range(0, len(tickets), API_BATCH)]
    bodies = [(json.dumps(batch), len(batch)) for batch in batches]
    client = Client()
    headers = {"Authorization": f"Bearer {text}"}
    began = time.perf_counter()
    for body, size in bodies:
        response = client.post(
            "/api/v1/tickets", body, content_type="application/json", headers=headers
        )
        if response.content.count(b'"created"') != size:
            raise AssertionError(response.content[:500])
    return time.perf_counter() - began


def run_copy(tables: Sequence[str] = TABLES) -> float:
    """COPY, in one transaction, of exactly the rows that the ingest wrote, into the same tables."""
    with transaction.atomic():
        raw = connection.connection
        data: list[bytes] = []
        for table in tables:
            with raw.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                data.append(b"".join(bytes(block) for block in copy))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE " + ", ".join(tables) + " CASCADE")
    began = time.perf_counter()
    with transaction.atomic():
        raw = connection.connection
        for table, rows in zip(tables, data, strict=True):
            with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)
    return time.perf_counter() - began


def rows() -> list[Row]:
    """Empties the tables of the desk before it begins."""
    with tempfile.TemporaryDirectory() as folder:
        warm_up, path = Path(folder) / "warm-up.ndjson", Path(folder) / "bench.ndjson"
        write_file(warm_up, 500, seed=2)
        write_file(path, TICKETS)
        run_ingest(warm_up)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE aftersale_shop, aftersale_ticketevent CASCADE")
        new = run_ingest(path)
        again = run_ingest(path)
        copy = run_copy()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE aftersale_ticket, aftersale_ticketevent CASCADE")
        with override_settings(ALLOWED_HOSTS=["*"], API_CALLS_PER_MINUTE=1_000_000):
            api = run_api(path)
        tickets_copy = run_copy(TABLES[2:])
    return [
        Row(
            "bulk ingest, parse included",
            f"{TICKETS / new:,.0f} tickets/s ({TICKETS / again:,.0f} where all is unchanged)",
            f"COPY of the same rows, {TICKETS / copy:,.0f} tickets/s",
            f"{copy / new:.2f}",
            ">= 0.25",
            copy / new >= 0.25,
        ),
        Row(
            f"POST /tickets, {API_BATCH:,} records a call",
            f"{TICKETS / api:,.0f} tickets/s",
            f"COPY of the same rows, {TICKETS / tickets_copy:,.0f} tickets/s",
            f"{tickets_copy / api:.2f}",
            ">= 0.10",
            tickets_copy / api >= 0.10,
        ),
    ]


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
