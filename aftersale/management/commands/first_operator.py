"""`manage.py first_operator`: the link on which the first operator signs up (SPEC P1)."""

from typing import Any

from django.utils.translation import gettext as _

from config.run import first_operator_message
from config.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Prints the link of the first operator, where nobody is one yet; it is good for a day."

    def handle(self, *args: Any, **options: Any) -> None:
        said = first_operator_message("http://localhost:8000")
        self.stdout.write(said or _("There is an operator already."))
