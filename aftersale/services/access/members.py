"""A shop's members and their roles (SPEC P1). Every change is an event of the shop."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.domain.multilingual import joined
from aftersale.domain.punctuation import COLON
from aftersale.models import AuditKind, Membership, Role
from aftersale.services.access import second_factor, sessions
from aftersale.services.access.rights import ROLES, Right, require, require_giving
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.signals import left_the_desk


@transaction.atomic
def change_role(
    *, membership_id: int, role: str, user: User, now: datetime, seen: str | None = None
) -> None:
    """Gives a member another role, which the user may give; a shop keeps at least one owner.

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
    require_giving(user, membership.shop_id, role)
    if role != Role.OWNER:
        _refuse_last_owner(membership)
    note = _roles(membership.user.get_username(), membership.role, role)
    membership.role = role
    membership.save(update_fields=["role"])
    second_factor.ask_for(membership.user)
    _event(membership, user=user, now=now, note=note)
    if role not in ROLES[Right.HANDLE_TICKETS]:
        _tell_the_desk(membership, now=now)


@transaction.atomic
def remove(*, membership_id: int, user: User, now: datetime) -> None:
    """Ends a membership and the member's sessions; a shop keeps at least one owner.

    Tokens that the member made do nothing from then on (tokens.py).
    """
    membership = _enter_membership(membership_id, user=user)
    _refuse_last_owner(membership)
    note = _roles(membership.user.get_username(), membership.role, "–")
    _event(membership, user=user, now=now, note=note)
    membership.delete()
    sessions.end_all(membership.user)
    _tell_the_desk(membership, now=now)


def _tell_the_desk(membership: Membership, *, now: datetime) -> None:
    left_the_desk.send(Membership, shop_id=membership.shop_id, user_id=membership.user_id, now=now)


def _enter_membership(membership_id: int, *, user: User) -> Membership:
    """The membership, if the user may give and take its role."""
    found = Membership.objects.filter(pk=membership_id).values_list("shop", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such member."))
    require(user, found, Right.INVITE)
    # Two owners must not remove each other at the same time.
    locks.lock_shop(found)
    membership = Membership.objects.select_related("user").filter(pk=membership_id).first()
    if membership is None:  # removed while this call waited for the shop
        raise NotFound(_("There is no such member."))
    require_giving(user, found, membership.role)
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
    return joined(COLON, [username, joined(" → ", [labels.get(role, role) for role in roles])])


def _event(membership: Membership, *, user: User, now: datetime, note: str) -> None:
    trail.record(
        AuditKind.MEMBER,
        shop_id=membership.shop_id,
        user=user,
        whom=membership.user,
        now=now,
        note=note,
    )
