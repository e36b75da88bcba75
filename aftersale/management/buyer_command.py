"""A command that does an owner's step on one buyer of a shop (SPEC P7)."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier, show_invisible
from aftersale.models import Shop
from aftersale.services.access.rights import shops_of
from aftersale.services.shared.errors import Refused
from config.terminal import TerminalCommand


class BuyerCommand(TerminalCommand):
    """A step of an owner on one buyer of a shop."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shop", metavar="SHOP", help="the shop's code")
        parser.add_argument("buyer", metavar="BUYER", help="the buyer's number")
        parser.add_argument("--as", dest="user", metavar="USER", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            name = show_invisible(options["user"])
            raise CommandError(_("There is no user “%(name)s”.") % {"name": name})
        code = clean_identifier(options["shop"])
        shop = shops_of(user).filter(code=code).first()
        if shop is None:
            raise CommandError(
                _("%(user)s knows no shop %(shop)s.")
                % {"user": show_invisible(options["user"]), "shop": show_invisible(code)}
            )
        try:
            self.act(shop, options["buyer"], user)
        except Refused as refused:
            raise CommandError(refused.message) from refused

    def act(self, shop: Shop, buyer: str, user: User) -> None:
        raise NotImplementedError
