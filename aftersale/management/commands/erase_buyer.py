"""`manage.py erase_buyer`: erases a buyer as an owner would (INTERFACES; SPEC P7)."""

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.management.buyer_command import BuyerCommand
from aftersale.models import Shop
from aftersale.services.privacy.erase import erase


class Command(BuyerCommand):
    help = (
        "Erases a buyer: a stand-in takes the place of the number everywhere, notes and pictures"
        " are deleted; money and decisions stay. It can't be undone."
    )

    def act(self, shop: Shop, buyer: str, user: User) -> None:
        done = erase(shop_id=shop.pk, buyer=buyer, user=user, now=timezone.now())
        self.stdout.write(
            _(
                "Erased: %(orders)d orders, %(tickets)d tickets, %(pictures)d pictures. The buyer"
                " is %(stand_in)s from now on."
            )
            % done._asdict()
        )
