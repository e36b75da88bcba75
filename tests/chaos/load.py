"""Programs that send orders and tickets until they are answered, as docs/integration.md tells them
to, and that send again what a restored backup does not know."""

import threading
import time
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import httpx

SENDERS = 6


class Senders:
    """To one shop; each order has one ticket, and numbers tell them apart."""

    def __init__(self, *, token: str, port: int, rate: float, most: int = 1_000_000) -> None:
        self._head = {"Authorization": f"Bearer {token}"}
        self._address = f"http://127.0.0.1:{port}/api/v1"
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._number, self._most = 0, most
        self._next, self._apart = time.monotonic(), 1 / rate
        self.accepted: dict[str, float] = {}
        self.answers = Counter[str]()
        self._threads = [threading.Thread(target=self._work) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        with self._client() as client:
            while not self._ended.is_set():
                with self._turn:
                    if self._number >= self._most:
                        return
                    self._number += 1
                    number = self._number
                    # Calls that were missed while nobody answered are not made up for.
                    self._next = max(self._next + self._apart, time.monotonic())
                    begin = self._next
                time.sleep(max(0, begin - time.monotonic()))
                if self._send(client, number, refunded=False):
                    self.accepted[f"T{number}"] = time.time()

    def again(self, since: float, paid: Collection[str]) -> int:
        """Sends what was accepted since then once more, as a platform would tell it now."""
        numbers = [name for name, at in list(self.accepted.items()) if at >= since or name in paid]
        with self._client() as client:
            for name in numbers:
                self._send(client, int(name[1:]), refunded=name in paid)
        return len(numbers)

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._address, headers=self._head)

    def _send(self, client: httpx.Client, number: int, *, refunded: bool) -> bool:
        from tests.aftersale.ingest.record_factories import at, order, ticket

        made = order(order_no=f"O{number}", buyer=f"b{number}")
        asked = ticket(order_no=f"O{number}", ticket_no=f"T{number}")
        if refunded:
            asked |= {"status": "refunded", "updated_at": at(1)}
        for path, record in (("/orders", made), ("/tickets", asked)):
            del record["kind"], record["shop"]
            if not self._post(client, path, record):
                return False
        return True

    def _post(self, client: httpx.Client, path: str, record: dict[str, Any]) -> bool:
        """False where the trial ended before it was answered."""
        while not self._ended.is_set():
            try:
                answer = client.post(path, json=record, timeout=30)
            except httpx.HTTPError as error:
                self.answers[type(error).__name__] += 1
            else:
                code = ""
                if answer.status_code >= 400:
                    with suppress(ValueError):
                        code = answer.json().get("code", "")
                self.answers[f"{answer.status_code} {code}".strip()] += 1
                if answer.status_code in (200, 201):
                    return True
            self._ended.wait(0.5)
        return False
