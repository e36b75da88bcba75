"""Commands that people start by hand, and what programs read of them."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation


def terminal_language() -> str:
    """The language that the terminal's locale asks for: Chinese or English."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "zh-hans" if locale.startswith("zh") else "en"


class TerminalCommand(BaseCommand):
    """A command that speaks the terminal's language, and ends quietly when its reader is gone."""

    def run_from_argv(self, argv: list[str]) -> None:
        # Also for `--help`.
        with translation.override(terminal_language()):
            super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        with translation.override(terminal_language()):
            try:
                return super().execute(*args, **options)
            except BrokenPipeError:
                # As in `simulate FILE | head`. Else Python complains again as it flushes at exit.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(1)
