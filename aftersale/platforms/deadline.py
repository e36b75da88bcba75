"""Sent before its deadline, or never: how a payer that stood still is kept from paying late.

A call is made under a lease. Once the lease has run out somebody else asks the platform, and acts
on the answer; a call that went out after that would make the answer wrong (SPEC promise 1).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aftersale.domain.multilingual import said as _
from aftersale.platforms.payments import Limit
from aftersale.platforms.protocol import NotCarriedOut

# Goes on while the machine sleeps, where there is such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

# httpcore's names of the moments before bytes leave: a request without its body is none.
_BEFORE_SENDING = frozenset(
    {
        "http11.send_request_headers.started",
        "http11.send_request_body.started",
        "http2.send_request_headers.started",
        "http2.send_request_body.started",
    }
)


class TooLate(NotCarriedOut):
    """The deadline has passed: nothing was sent."""

    limit = Limit.ORDER


def _elapsed() -> tuple[float, float]:
    return time.clock_gettime(_CLOCK), time.time()


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a call may be sent: `seconds` from now, and only while the lease is its caller's.

    `at` is the same moment by the database's clock, for a platform that can refuse by itself.
    Neither of the process's clocks is trusted alone: the one that says that it is too late is
    believed, since a call that is not sent goes out again.
    """

    at: datetime
    seconds: float
    # Asks the database; a machine that was paused as a whole knows of it by nothing else.
    is_still_leased: Callable[[], bool]
    _began: tuple[float, float] = field(default_factory=_elapsed)

    def check(self) -> None:
        """Raises TooLate where nothing may be sent any more."""
        still_leased = self.is_still_leased()
        passed = max(now - then for now, then in zip(_elapsed(), self._began, strict=True))
        if not still_leased or passed >= self.seconds:
            raise TooLate(_("The program stood still for too long; nothing was sent."))

    def trace(self, moment: str, _about: object) -> None:
        """For httpx's `trace`: the check comes last, after connecting, before the bytes leave."""
        if moment in _BEFORE_SENDING:
            self.check()


def traced(deadline: Deadline | None) -> dict[str, object]:
    """A request's extensions in httpx."""
    return {} if deadline is None else {"trace": deadline.trace}
