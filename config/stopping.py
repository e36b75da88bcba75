"""Being asked to stop by a signal, between two rounds of a program that goes on until then."""

import os
import select
import signal

# Signals at once; a byte each.
_MOST = 4096


class Asked:
    """Whether one of the signals has come. They are taken from now on, in this process alone; any
    other that has a handler ends a wait as well.

    No threading.Event: set by a signal that comes while its own wait holds its lock, it waits for
    that lock for ever.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self._asked: list[int] = []
        # A signal writes into it, and so ends a wait.
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in signals:
            signal.signal(number, lambda number, _: self._asked.append(number))

    def within(self, seconds: float) -> bool:
        """Whether it is asked by then; waits no longer than until it is. A jump of the machine's
        time shortens or lengthens nothing."""
        if not self._asked and select.select([self._read], [], [], seconds)[0]:
            os.read(self._read, _MOST)  # else the next wait would end at once
        return bool(self._asked)
