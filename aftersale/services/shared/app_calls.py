"""The calls that an app makes at its platform, against the quota that all its shops share."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum
from django.db.models.functions import Now, TruncDate

from aftersale.models import PlatformAccount, PlatformCalls
from aftersale.platforms.payments import Limit
from aftersale.platforms.registry import CALLS_A_DAY

# The platforms' days are China's.
_TODAY = TruncDate(Now(), tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True, slots=True)
class Calls:
    """Of a shop's app today: `quota` where the platform publishes one; `spent`: the platform said
    that the day's calls are used up."""

    own: int
    all: int
    quota: int | None
    spent: bool


def today(account: PlatformAccount) -> Calls:
    rows = PlatformCalls.objects.filter(day=_TODAY)
    own = rows.filter(shop=account.shop_id).aggregate(n=Sum("calls"))["n"] or 0
    every = rows.filter(shop__in=shops_of_app(account.shop_id))
    found = every.aggregate(n=Sum("calls"), spent=Count("spent_at"))
    return Calls(own, found["n"] or 0, CALLS_A_DAY.get(account.platform), found["spent"] > 0)


def shops_of_app(shop_pk: int) -> list[int]:
    """Shops for which the shop's app makes calls today, the shop itself among them."""
    rows = PlatformCalls.objects.filter(day=_TODAY)
    apps = rows.filter(shop=shop_pk).values("app")
    return [
        shop_pk,
        *rows.filter(app__in=apps).exclude(shop=shop_pk).values_list("shop", flat=True),
    ]


def met(shop_pk: int, limit: Limit, *, seconds: float, now: datetime) -> list[int]:
    """Writes down that a limit of the app was met; the shops that it holds for."""
    if limit not in (Limit.APP, Limit.DAY):
        return [shop_pk]
    if limit is Limit.DAY:
        mine = PlatformCalls.objects.filter(day=_TODAY, shop=shop_pk, spent_at=None)
        mine.update(spent_at=now)
    shops = shops_of_app(shop_pk)
    # A reader at work finds out by itself.
    readers = PlatformAccount.objects.filter(shop__in=shops, leased_until=None)
    readers.update(paused_until=now + timedelta(seconds=seconds))
    return shops
