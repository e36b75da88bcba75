"""`manage.py seed_demo`: three shops to look at, with people and the month that they have lived."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from aftersale.services.shared.errors import Refused
from config.terminal import terminal_language
from strategies.demo import seed
from strategies.demo.people import PASSWORD, PEOPLE, mark


class Command(BaseCommand):
    help = "Adds demo shops with sample data and users, once; prints the users. Not in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--later",
            action="store_true",
            help="Leave the shops' month to the slow cluster, which writes it in some seconds.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                _("This is a production start: sample data and its known passwords stay out.")
            )
        if seed.removed():
            self.stdout.write(_("The demo shops were removed; they don't come back."))
            return
        if not seed.seeded():
            try:
                seed.found(now=timezone.now())
            except Refused as refused:
                raise CommandError(refused.message) from refused
        mark()
        if options["later"]:
            seed.live_later()
        else:
            for demo in seed.unlived():
                seed.live(demo, now=timezone.now())
        with translation.override(terminal_language()):
            self.print_users()

    def print_users(self) -> None:
        self.stdout.write(_("Users of the demo shops (name, password, role):"))
        width = max(len(person.username) for person in PEOPLE)
        for person in PEOPLE:
            role = person.role.label if person.role else _("Operator, sees every shop")
            self.stdout.write(f"  {person.username:{width}}  {PASSWORD}  {role}")
        self.stdout.write(_("They need no second factor; real operators, owners and admins do."))
