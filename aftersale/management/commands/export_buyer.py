"""`manage.py export_buyer`: all that a shop holds of a buyer, as JSON (INTERFACES; SPEC P7)."""

from django.contrib.auth.models import User
from django.utils import timezone

from aftersale.management.buyer_command import BuyerCommand
from aftersale.models import Shop
from aftersale.services.privacy.give_out import give_out


class Command(BuyerCommand):
    help = "Prints all that the shop holds of a buyer, as one JSON document (docs/privacy.md)."

    def act(self, shop: Shop, buyer: str, user: User) -> None:
        content = give_out(shop_id=shop.pk, buyer=buyer, user=user, now=timezone.now())
        self.stdout.write(content.decode())
