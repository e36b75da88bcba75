"""Users' choices of weekly notes by mail, each for themselves and a shop (SPEC M6)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import get_language

from aftersale.models import Membership, Shop, ShopStatus
from aftersale.services.access.rights import require
from monitoring.models import AlertKind, Robot, WeeklyNote, WeeklyReader
from monitoring.services.alert_rights import RIGHT_OF, roles


def reads(*, shop_id: int, user: User) -> bool:
    return WeeklyReader.objects.filter(shop=shop_id, user=user).exists()


def choose(*, shop_id: int, wanted: bool, user: User, now: datetime) -> None:
    """Sets the user's own choice from now on, in the active language."""
    require(user, shop_id, RIGHT_OF[AlertKind.WEEKLY])
    if not wanted:
        WeeklyReader.objects.filter(shop=shop_id, user=user).delete()
        return
    WeeklyReader.objects.bulk_create(
        [WeeklyReader(shop_id=shop_id, user=user, language=get_language(), since=now)],
        update_conflicts=True,
        unique_fields=["user", "shop"],
        update_fields=["language"],
    )


def wanted_in() -> QuerySet[Shop]:
    """The shops in which somebody who may act on it wants the note, or a group."""
    people = Membership.objects.filter(
        Exists(WeeklyReader.objects.filter(shop=OuterRef("shop"), user=OuterRef("user"))),
        shop=OuterRef("pk"),
        role__in=roles(AlertKind.WEEKLY),
        user__is_active=True,
    )
    groups = Robot.objects.filter(
        shop=OuterRef("pk"), enabled=True, kinds__contains=[AlertKind.WEEKLY]
    )
    shops = Shop.objects.exclude(status=ShopStatus.CLOSED)
    return shops.filter(Exists(people) | Exists(groups)).order_by("pk")


def newest(shop_id: int) -> WeeklyNote | None:
    """The last note that had something to say."""
    made = WeeklyNote.objects.filter(shop=shop_id, made_at__isnull=False, facts__has_key="name")
    return made.order_by("-week").first()
