"""Python imports this at its start where this folder is in PYTHONPATH: `make test-ahead`.

Moves the clock of each process of the run, those that tests start included.
"""

import os
import time
from datetime import UTC, datetime, timedelta

import time_machine

if days := int(os.environ.get("TEST_DAYS_AHEAD", "0")):
    time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True).start()
    time.time()  # time-machine's clock stands still until it is first asked
