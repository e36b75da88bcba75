"""Rights by role, and the shops that a user sees (SPEC P1).

Every query that a person causes starts from `shops_of` or goes through `scoped`.
"""

from enum import Enum

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aftersale.models import Membership, Role, Shop
from aftersale.services.shared.errors import NotAllowed

Person = User | AnonymousUser


class Right(Enum):
    """The rows of SPEC P1's table."""

    SEE = "see"
    # Buyers' numbers as they are; whoever lacks it sees them masked, and exports nothing.
    SEE_BUYERS = "see_buyers"
    HANDLE_TICKETS = "handle_tickets"
    EDIT_TEMPLATES = "edit_templates"
    OPEN_WINDOWS = "open_windows"
    BRING_FILES = "bring_files"
    CHANGE_STRATEGIES = "change_strategies"
    INVITE = "invite"
    MANAGE_ROBOTS = "manage_robots"
    CHANGE_SHOP = "change_shop"


_DESK = {Role.OWNER, Role.ADMIN, Role.CS_MANAGER, Role.CS_AGENT}
ROLES: dict[Right, set[Role]] = {
    Right.SEE: set(Role),
    Right.SEE_BUYERS: _DESK,
    Right.HANDLE_TICKETS: _DESK,
    Right.EDIT_TEMPLATES: _DESK - {Role.CS_AGENT},
    Right.OPEN_WINDOWS: _DESK - {Role.CS_AGENT},
    Right.BRING_FILES: _DESK - {Role.CS_AGENT},
    Right.CHANGE_STRATEGIES: {Role.OWNER, Role.ADMIN},
    Right.INVITE: {Role.OWNER, Role.ADMIN},
    Right.MANAGE_ROBOTS: {Role.OWNER, Role.ADMIN},
    Right.CHANGE_SHOP: {Role.OWNER},
}


def shops_of(user: Person, right: Right = Right.SEE) -> QuerySet[Shop]:
    """Shops where the user has the right. An operator (superuser) has all of them."""
    if user.is_superuser:
        return Shop.objects.all()
    return Shop.objects.filter(
        pk__in=Membership.objects.filter(user_id=user.pk or 0, role__in=ROLES[right]).values("shop")
    )


def scoped(queryset: QuerySet, user: Person, path: str = "shop") -> QuerySet:
    """Rows of the user's shops only; `path` leads from the model to its shop."""
    if user.is_superuser:
        return queryset
    shops = Membership.objects.filter(user_id=user.pk or 0).values("shop")
    return queryset.filter(**{f"{path}__in": shops})


def may(user: Person, shop_id: int, right: Right) -> bool:
    """Whether the user has the right in the shop."""
    if not user.is_active:
        return False
    if user.is_superuser:
        return True
    return Membership.objects.filter(
        user_id=user.pk or 0, shop_id=shop_id, role__in=ROLES[right]
    ).exists()


def require(user: Person, shop_id: int, right: Right) -> None:
    """Raises NotAllowed where the user lacks the right in the shop."""
    if not may(user, shop_id, right):
        raise NotAllowed(_("Your role in this shop does not allow this."))


def may_make_shops(user: Person) -> bool:
    """Operators, and owners of some shop for themselves."""
    return user.is_active and (user.is_superuser or shops_of(user, Right.CHANGE_SHOP).exists())


def roles_to_give(user: Person, shop_id: int) -> list[Role]:
    """The roles that the user may give, change and take in the shop: nobody gives more than they
    have."""
    if not may(user, shop_id, Right.INVITE):
        return []
    if user.is_superuser:
        return list(Role)
    own = Membership.objects.get(user_id=user.pk or 0, shop_id=shop_id).role
    return list(Role)[list(Role).index(Role(own)) :]


def require_giving(user: Person, shop_id: int, role: str) -> None:
    """Raises NotAllowed where the user may not give, change or take that role in the shop."""
    require(user, shop_id, Right.INVITE)
    if role not in roles_to_give(user, shop_id):
        raise NotAllowed(_("Only an owner gives or takes this role."))
