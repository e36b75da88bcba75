"""Rights of the user of a request, read once a request (SPEC P1).

The admin asks for the same right many times while it builds a page; the answers are kept on the
request.
"""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from aftersale.models import Membership, Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.prepared import Slot, prepared

MOST_SHOPS = 200  # the most shops that a filter can sensibly offer


def person(request: HttpRequest) -> User:
    """The acting user: the admin lets nobody in who is not logged in."""
    assert isinstance(request.user, User)
    return request.user


def _answers(request: HttpRequest) -> dict:
    if not hasattr(request, "_access"):
        request._access = {}  # type: ignore[attr-defined]
    return request._access  # type: ignore[attr-defined]


def may(request: HttpRequest, shop_id: int, right: Right) -> bool:
    return is_operator(request) or _roles(request).get(shop_id) in rights.ROLES[right]


def has_somewhere(request: HttpRequest, right: Right) -> bool:
    """True if the user has the right in at least one shop."""
    return is_operator(request) or not rights.ROLES[right].isdisjoint(_roles(request).values())


def is_operator(request: HttpRequest) -> bool:
    """True for operators, whose account is active."""
    return request.user.is_active and request.user.is_superuser


def _memberships(request: HttpRequest) -> list[Membership]:
    """The user's memberships with their shops, by name; none for an inactive user."""
    answers = _answers(request)
    if "memberships" not in answers:
        answers["memberships"] = _own(user=person(request).pk)
    return answers["memberships"]


@prepared
def _own(*, user: Slot) -> QuerySet[Membership]:
    own = Membership.objects.filter(user=user, user__is_active=True)
    return own.select_related("shop").order_by("shop__name", "shop")


def _roles(request: HttpRequest) -> dict[int, Any]:
    """The user's role in each shop."""
    return {member.shop_id: member.role for member in _memberships(request)}


def shops(request: HttpRequest) -> list[Shop]:
    """The shops that the user sees, by name; at most MOST_SHOPS of them."""
    if not is_operator(request):
        return [member.shop for member in _memberships(request)[:MOST_SHOPS]]
    answers = _answers(request)
    if "shops" not in answers:
        every = rights.shops_of(request.user).order_by("name", "pk")
        answers["shops"] = list(every[:MOST_SHOPS])
    return answers["shops"]


def shop_ids(request: HttpRequest) -> list[int] | None:
    """Keys of the shops that the user sees; None for operators, who see all."""
    if is_operator(request):
        return None
    return [member.shop_id for member in _memberships(request)]


def scoped(request: HttpRequest, queryset: QuerySet, path: str = "shop") -> QuerySet:
    """Scopes rows by the shops' keys, already known here: with literal keys the database estimates
    the user's share of the table, and chooses the right index."""
    own = shop_ids(request)
    return queryset if own is None else queryset.filter(**{f"{path}__in": own})


def handles_tickets(request: HttpRequest) -> bool:
    """True for operators and customer service of any shop (SPEC P1)."""
    return request.user.is_active and has_somewhere(request, Right.HANDLE_TICKETS)


def opens_windows(request: HttpRequest) -> bool:
    """True for operators, and managers of customer service and above in any shop (SPEC P1)."""
    return request.user.is_active and has_somewhere(request, Right.OPEN_WINDOWS)


def reads_trail(request: HttpRequest) -> bool:
    """True for operators and owners of any shop (SPEC P6)."""
    return request.user.is_active and has_somewhere(request, Right.CHANGE_SHOP)


def changes_strategies(request: HttpRequest) -> bool:
    """True for operators, owners and administrators of any shop (SPEC P1)."""
    return request.user.is_active and has_somewhere(request, Right.CHANGE_STRATEGIES)


def is_member(request: HttpRequest) -> bool:
    """True for operators and members of any shop."""
    return request.user.is_active and (request.user.is_superuser or bool(_memberships(request)))
