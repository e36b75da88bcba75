"""A payer that kills itself with -9 at a given point of its second refund; run as a process.

python -m tests.aftersale.refunds.dies DATABASE POINT
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def die_on_second(function: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if calls == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def main(database: str, point: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from django.utils import timezone

    from aftersale.platforms.sandbox_payments import Sandbox
    from aftersale.services.outgoing import pay_refunds, refund_attempt
    from aftersale.services.refunds import attempts, settlement

    owner, name, after = {
        "before the lease is committed": (attempts, "new", True),
        "after the lease": (Sandbox, "pay", False),
        "after the platform paid": (Sandbox, "pay", True),
        "before settling is committed": (settlement, "paid", True),
        "after settling": (refund_attempt, "settle", True),
    }[point]
    setattr(owner, name, die_on_second(getattr(owner, name), after=after))
    pay_refunds.run(clock=timezone.now)


if __name__ == "__main__":
    main(*sys.argv[1:])
