"""A shop's members and their roles (SPEC P1). Every change is an event of the shop."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import show_invisible
from aftersale.domain.multilingual import joined
from aftersale.models import Membership, Role, Shop, ShopEvent, ShopEventKind
from aftersale.services.access import second_factor
from aftersale.services.access.rights import Right, require
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused, Stale


@transaction.atomic
def add(*, shop_id: int, username: str, role: str, user: User, now: datetime) -> Membership:
    """Makes the user of that name a member; raises NotFound, or Refused where there is one."""
    shop = _enter(shop_id, user=user)
    member = User.objects.filter(username=username, is_active=True).first()
    if member is None:
        name = show_invisible(username)
        raise NotFound(_("There is no user “%(name)s”.") % {"name": name}, pointer="username")
    if Membership.objects.filter(shop=shop, user=member).exists():
        raise Refused(_("“%(name)s” is a member already.") % {"name": username}, pointer="username")
    membership = Membership.objects.create(shop=shop, user=member, role=role)
    second_factor.ask_for(member)
    _event(membership, user=user, now=now, note=_roles(username, role))
    return membership


@transaction.atomic
def change_role(
    *, membership_id: int, role: str, user: User, now: datetime, seen: str | None = None
) -> None:
    """Gives a member another role; a shop keeps at least one owner.

    Raises Stale where the role is no longer the one that the person saw, if that is given.
    """
    membership = _enter_membership(membership_id, user=user)
    if seen is not None and membership.role != seen:
        raise Stale(
            _("The role of “%(name)s” was changed to “%(role)s” meanwhile.")
            % {"name": membership.user.get_username(), "role": membership.get_role_display()}
        )
    if membership.role == role:
        return
    if role != Role.OWNER:
        _refuse_last_owner(membership)
    note = _roles(membership.user.get_username(), membership.role, role)
    membership.role = role
    membership.save(update_fields=["role"])
    second_factor.ask_for(membership.user)
    _event(membership, user=user, now=now, note=note)


@transaction.atomic
def remove(*, membership_id: int, user: User, now: datetime) -> None:
    """Ends a membership; a shop keeps at least one owner."""
    membership = _enter_membership(membership_id, user=user)
    _refuse_last_owner(membership)
    note = _roles(membership.user.get_username(), membership.role, "–")
    _event(membership, user=user, now=now, note=note)
    membership.delete()


def _enter(shop_id: int, *, user: User) -> Shop:
    require(user, shop_id, Right.CHANGE_SHOP)
    # Two owners must not remove each other at the same time.
    return locks.lock_shop(shop_id)


def _enter_membership(membership_id: int, *, user: User) -> Membership:
    found = Membership.objects.filter(pk=membership_id).values_list("shop", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such member."))
    _enter(found, user=user)
    membership = Membership.objects.select_related("user").filter(pk=membership_id).first()
    if membership is None:  # removed while this call waited for the shop
        raise NotFound(_("There is no such member."))
    return membership


def _refuse_last_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    # An owner who can't log in any more doesn't count.
    others = Membership.objects.filter(
        shop=membership.shop_id, role=Role.OWNER, user__is_active=True
    )
    if not others.exclude(pk=membership.pk).exists():
        raise Refused(_("A shop keeps at least one owner."))


def _roles(username: str, *roles: str) -> str:
    labels = dict(Role.choices)
    return joined(": ", [username, joined(" → ", [labels.get(role, role) for role in roles])])


def _event(membership: Membership, *, user: User, now: datetime, note: str) -> None:
    ShopEvent.objects.create(
        shop_id=membership.shop_id, at=now, user=user, kind=ShopEventKind.MEMBER, note=note
    )
