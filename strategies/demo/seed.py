"""Makes the demo: people and their shops at once, then the month that each shop has lived."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import translation

from aftersale.models import BlockedBuyer, ConnectorKind, Order, Shop
from aftersale.records.schemas import ShopRecord
from aftersale.services.access import second_factor
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.shared import locks
from aftersale.services.shops.shops import upsert
from config.queue import DECIDE, SLOW, wake
from strategies.services.lanes import DECIDE_TASK

from .clock import DAYS, Clock
from .desk import Desk
from .fates import Fates
from .life import Life
from .merchant import Merchant
from .payments import Payments, tell_the_sandbox
from .people import PEOPLE, make_members, make_people
from .shop_data import make_shop_data, shop_record
from .shops import SHOPS, DemoShop
from .windows import Windows

TASK = "strategies.tasks.live_demo"
# The shops were made so long before the first order.
MADE_BEFORE = timedelta(days=DAYS, hours=3)


def seeded() -> bool:
    return Shop.objects.filter(code__in=[shop.code for shop in SHOPS]).exists()


def removed() -> bool:
    """Whether somebody removed the demo shops: their people are left, shut out."""
    people = User.objects.filter(groups__name=second_factor.DEMO)
    return people.exists() and not people.filter(is_active=True).exists()


@transaction.atomic
def found(*, now: datetime) -> None:
    """Adds people and their shops, in which nothing has happened yet."""
    people = make_people()
    for demo in SHOPS:
        record = ShopRecord.model_validate(shop_record(demo, now))
        upsert(record, now=now - MADE_BEFORE)
    codes = [demo.code for demo in SHOPS]
    shops = Shop.objects.filter(code__in=codes)
    shops.update(is_demo=True, connector=ConnectorKind.SANDBOX, created_at=now - MADE_BEFORE)
    BlockedBuyer.objects.filter(shop__in=shops).update(created_at=now - MADE_BEFORE)
    make_members(people, sorted(shops, key=lambda shop: codes.index(shop.code)))


def unlived() -> list[DemoShop]:
    """Demo shops whose month is yet to be written: a start that was interrupted left them so."""
    there = Shop.objects.filter(is_demo=True, orders=None).values_list("code", flat=True)
    return [demo for demo in SHOPS if demo.code in set(there)]


def live(demo: DemoShop, *, now: datetime, days: int = DAYS) -> None:
    """Writes a shop's last days up to `now`, in one transaction: all of them or nothing."""
    people = {user.username: user for user in User.objects.filter(username__in=_NAMES)}
    with transaction.atomic(), translation.override("zh-hans"):  # as the buyers read it
        shop = locks.lock_shop(Shop.objects.get(code=demo.code).pk)
        if Order.objects.filter(shop=shop).exists():
            return  # another process has written it
        before, clock = len(connection.run_on_commit), Clock(now, days)
        life = Life(shop, make_shop_data(demo, clock), people, clock=clock)
        merchant = Merchant(life)
        Payments(life)
        Fates(life)
        Desk(life)
        if demo is SHOPS[0]:
            Windows(life)
            life.at(now - timedelta(hours=20), merchant.ask_for_advice)
        life.live()
        tell_the_sandbox(shop)
        # Hundreds of wake-ups for what is over: one is enough for what is not.
        del connection.run_on_commit[before:]
        wake(DECIDE_TASK, shop.pk, cluster=DECIDE)
        wake_payer()


def live_later() -> None:
    """Has the slow cluster write what is not written yet: the first page need not wait for it."""
    if unlived():
        wake(TASK, cluster=SLOW)


_NAMES = [person.username for person in PEOPLE]
