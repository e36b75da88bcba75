"""`manage.py seed_demo`: three shops to look at, with people, a month of orders, and decisions."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from aftersale.services.shared.errors import Refused
from config.terminal import terminal_language
from strategies.demo.people import PASSWORD, PEOPLE, mark
from strategies.demo.seed import removed, seed, seeded


class Command(BaseCommand):
    help = "Adds demo shops with sample data and users, once; prints the users. Not in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                _("This is a production start: sample data and its known passwords stay out.")
            )
        if removed():
            self.stdout.write(_("The demo shops were removed; they don't come back."))
            return
        if not seeded():
            try:
                seed(now=timezone.now(), clock=timezone.now)
            except Refused as refused:
                raise CommandError(refused.message) from refused
        mark()
        with translation.override(terminal_language()):
            self.print_users()

    def print_users(self) -> None:
        self.stdout.write(_("Users of the demo shops (name, password, role):"))
        width = max(len(person.username) for person in PEOPLE)
        for person in PEOPLE:
            role = person.role.label if person.role else _("Operator, sees every shop")
            self.stdout.write(f"  {person.username:{width}}  {PASSWORD}  {role}")
        self.stdout.write(_("They need no second factor; real operators, owners and admins do."))
