"""The demo merchant's people: one for each role of SPEC P1, and an operator."""

from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext as _

from aftersale.models import Membership, Role, Shop
from aftersale.services.access import second_factor
from aftersale.services.shared.errors import Refused

# Fixed and printed: these users exist in demo databases only.
PASSWORD = "afterdesk"


class Person(NamedTuple):
    username: str
    # All of it as the first name: Django puts the last name behind.
    name: str
    # None: an operator, who sees every shop.
    role: Role | None
    # True for a member of all demo shops, False for one of the first only.
    all_shops: bool = False


PEOPLE = (
    Person("demo", "运营小助手", None),
    Person("demo-owner", "林晓雾", Role.OWNER, all_shops=True),
    Person("demo-admin", "陈立", Role.ADMIN, all_shops=True),
    Person("demo-manager", "周敏", Role.CS_MANAGER),
    Person("demo-agent", "吴桐", Role.CS_AGENT),
    Person("demo-night", "何小满", Role.CS_AGENT, all_shops=True),
    Person("demo-viewer", "郑可", Role.VIEWER),
)


def make_people() -> dict[str, User]:
    """Adds the users; raises Refused where a name is taken: that user is somebody else's."""
    names = [person.username for person in PEOPLE]
    taken = User.objects.filter(username__in=names).values_list("username", flat=True).first()
    if taken is not None:
        raise Refused(_("There is a user “%s” already: rename that one first.") % taken)
    # Hashing is slow by design; they share one password.
    password = make_password(PASSWORD)
    return {
        person.username: User.objects.create(
            username=person.username,
            first_name=person.name,
            password=password,
            is_staff=True,
            is_superuser=person.role is None,
        )
        for person in PEOPLE
    }


def mark() -> None:
    """They get in without a second factor (SPEC P5); also those of an older start."""
    group, _made = Group.objects.get_or_create(name=second_factor.DEMO)
    group.user_set.set(User.objects.filter(username__in=[person.username for person in PEOPLE]))


def make_members(people: dict[str, User], shops: list[Shop]) -> None:
    Membership.objects.bulk_create(
        Membership(shop=shop, user=people[person.username], role=person.role)
        for person in PEOPLE
        if person.role is not None
        for shop in (shops if person.all_shops else shops[:1])
    )
