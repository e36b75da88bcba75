"""Python imports this at its start where this folder is in PYTHONPATH: `make test-ahead`.

libfaketime either makes time.sleep an error (an absolute time reaches the kernel unmoved), or
moves the monotonic clock as well, after which waiting with a timeout never ends. The first is
mended here; `select` takes a relative time.
"""

import select
import time


def sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
