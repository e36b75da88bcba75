"""Being asked to stop by a signal, between two rounds of a program that goes on until then."""

import os
import select
import signal


class Asked:
    """Whether one of the signals has come. They are taken from now on, in this process alone.

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
        if not self._asked:
            select.select([self._read], [], [], seconds)
        return bool(self._asked)
