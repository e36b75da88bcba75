"""Links that are used once: invitations, and new passwords (SPEC P1, P5).

Whoever makes a link hands it over; no password is ever told by somebody else. Nobody gives more
than they have: an admin invites up to admins, and only into shops where they may.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    AccountLink,
    AuditKind,
    Membership,
    Role,
)
from aftersale.services.access import second_factor, sessions
from aftersale.services.access.rights import Right, require_giving, shops_of
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused

INVITATION_LASTS = timedelta(days=7)
PASSWORD_LINK_LASTS = timedelta(days=1)
MOST_NAMES_REFUSED = 5
"""So many user names that are taken may be tried with one link: it is no way to learn names."""


class LinkOver(NotFound):
    """Used, withdrawn, expired, or never made: whoever holds it is told the same."""


@transaction.atomic
def invite(
    *, shop_ids: Collection[int], role: str, whom: str, user: User, now: datetime
) -> tuple[AccountLink, str]:
    """A link with which somebody joins the shops with the role, and its text, told this once."""
    whom = clean_identifier(whom)
    if not whom:
        raise Refused(gettext("Say who the invitation is for."), pointer="whom")
    if len(whom) > 64:
        raise Refused(gettext("At most %(most)d characters.") % {"most": 64}, pointer="whom")
    if not shop_ids:
        raise Refused(gettext("Choose at least one shop."), pointer="shops")
    shops = list(shops_of(user, Right.INVITE).filter(pk__in=shop_ids).order_by("pk"))
    if len(shops) != len(set(shop_ids)):
        raise NotAllowed(gettext("You may invite nobody to one of these shops."), pointer="shops")
    for shop in shops:
        require_giving(user, shop.pk, role)
    text = secrets.token_urlsafe(32)
    link = AccountLink.objects.create(
        whom=whom,
        role=role,
        digest=_digest(text),
        made_by=user,
        made_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    link.shops.set(shops)
    _events(link, _("Invited: %(whom)s, %(role)s"), user=user, now=now)
    return link, text


@transaction.atomic
def withdraw(*, link_id: int, shop_id: int, user: User, now: datetime) -> None:
    """The invitation is over for all its shops; one that is over already stays as it is."""
    link = _locked(AccountLink.objects.filter(pk=link_id, shops=shop_id, user=None))
    if link is None:
        raise NotFound(gettext("There is no such invitation."))
    for shop in link.shops.order_by("pk"):
        require_giving(user, shop.pk, link.role)
    if link.used_at is None and link.withdrawn_at is None:
        link.withdrawn_at = now
        link.save(update_fields=["withdrawn_at"])
        _events(link, _("Invitation withdrawn: %(whom)s, %(role)s"), user=user, now=now)


def find(*, text: str, now: datetime, lock: bool = False) -> AccountLink:
    """Raises LinkOver. What the maker may no longer give is over, too."""
    found = AccountLink.objects.filter(digest=_digest(text))
    link = _locked(found) if lock else found.select_related("user", "made_by").first()
    if (
        link is None
        or link.used_at is not None
        or link.withdrawn_at is not None
        or link.expires_at <= now
        or not link.made_by.is_active
        or not _may_still_be_given(link)
    ):
        raise LinkOver(gettext("This link is not valid any more. Ask for a new one."))
    return link


# Not atomic as a whole: a name that is refused must stay counted.
def join_as_new(*, text: str, username: str, name: str, password: str, now: datetime) -> User:
    """Makes a user with that name and password, who is a member from then on."""
    username = User.normalize_username(username.strip())
    with transaction.atomic():
        link = find(text=text, now=now, lock=True)
        refused = _refused_name(username)
        taken = refused is None and User.objects.filter(username__iexact=username).exists()
        if taken:
            refused = _name_taken(link, now=now)
        elif refused is None:
            user = _with_password(username, name, password)
            user.save()
            _join(link, user, now=now)
            return user
    assert refused is not None
    raise refused


def new_user(*, username: str, name: str, password: str) -> User:
    """A user of the desk, not saved yet; raises Refused for a name or password that can't be."""
    username = User.normalize_username(username.strip())
    if refused := _refused_name(username):
        raise refused
    if User.objects.filter(username__iexact=username).exists():
        raise _cannot_be_had()
    return _with_password(username, name, password)


def _with_password(username: str, name: str, password: str) -> User:
    user = User(username=username, first_name=name.strip(), is_staff=True)
    _judge(password, user)
    user.set_password(password)
    return user


@transaction.atomic
def join(*, text: str, user: User, now: datetime) -> None:
    """The user, who is logged in, becomes a member, too; roles that are higher stay."""
    link = find(text=text, now=now, lock=True)
    if link.user_id is not None:
        raise LinkOver(gettext("This link is not valid any more. Ask for a new one."))
    _join(link, user, now=now)
    second_factor.ask_for(user)


@transaction.atomic
def make_password_link(*, user_id: int, user: User, now: datetime) -> tuple[AccountLink, str]:
    """A link with which that user sets a new password; for operators. Earlier ones are over."""
    if not (user.is_active and user.is_superuser):
        raise NotAllowed(gettext("Only operators do this."))
    whom = User.objects.filter(pk=user_id, is_active=True).first()
    if whom is None:
        raise NotFound(gettext("There is no such user."))
    earlier = AccountLink.objects.filter(user=whom, used_at=None, withdrawn_at=None)
    earlier.update(withdrawn_at=now)
    text = secrets.token_urlsafe(32)
    link = AccountLink.objects.create(
        user=whom,
        digest=_digest(text),
        made_by=user,
        made_at=now,
        expires_at=now + PASSWORD_LINK_LASTS,
    )
    trail.record(AuditKind.PASSWORD_LINK, whom=whom, user=user, now=now)
    return link, text


@transaction.atomic
def set_password(*, text: str, password: str, now: datetime) -> User:
    """Sets the password of the link's user and ends the sessions. The second factor stays."""
    link = find(text=text, now=now, lock=True)
    if link.user is None or not link.user.is_active:
        raise LinkOver(gettext("This link is not valid any more. Ask for a new one."))
    user = link.user
    _judge(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _used(link, user, now=now)
    sessions.end_all(user)
    trail.record(AuditKind.PASSWORD, whom=user, user=user, now=now)
    return user


def _join(link: AccountLink, user: User, *, now: datetime) -> None:
    order = list(Role.values)
    for shop in link.shops.order_by("pk"):
        locks.lock_shop(shop.pk)
        member = Membership.objects.filter(shop=shop, user=user).first()
        if member is None:
            Membership.objects.create(shop=shop, user=user, role=link.role)
        elif order.index(link.role) < order.index(member.role):
            member.role = link.role
            member.save(update_fields=["role"])
    _used(link, user, now=now)
    _events(link, _("Invitation accepted: %(whom)s, %(role)s"), user=user, now=now)
    trail.record(AuditKind.JOINED, whom=user, user=user, now=now)


def _used(link: AccountLink, user: User, *, now: datetime) -> None:
    link.used_at, link.used_by = now, user
    link.save(update_fields=["used_at", "used_by"])


def _name_taken(link: AccountLink, *, now: datetime) -> Refused:
    link.names_refused += 1
    if link.names_refused >= MOST_NAMES_REFUSED:
        link.withdrawn_at = now
        _events(link, _("Invitation withdrawn: %(whom)s, %(role)s"), user=None, now=now)
    link.save(update_fields=["names_refused", "withdrawn_at"])
    return _cannot_be_had()


def _cannot_be_had() -> Refused:
    return Refused(
        gettext("This name can't be had. Add something to it, for example a number."),
        pointer="username",
    )


def _refused_name(username: str) -> Refused | None:
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        return Refused(error.messages[0], pointer="username")
    if len(username) > 150:
        return Refused(gettext("At most %(most)d characters.") % {"most": 150}, pointer="username")
    return None


def _judge(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), pointer="password") from error


def _may_still_be_given(link: AccountLink) -> bool:
    if link.user_id is not None:
        return link.made_by.is_superuser
    try:
        for shop in link.shops.all():
            require_giving(link.made_by, shop.pk, link.role)
    except NotAllowed:
        return False
    return True


def _locked(found: QuerySet[AccountLink]) -> AccountLink | None:
    key = found.values_list("pk", flat=True).first()
    if key is None:
        return None
    links = AccountLink.objects.select_for_update(of=("self",), no_key=True)
    return links.select_related("made_by", "user").get(pk=key)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _events(link: AccountLink, note: str, *, user: User | None, now: datetime) -> None:
    said = note % {"whom": link.whom, "role": Role(link.role).label}
    for shop in link.shops.all():
        trail.record(
            AuditKind.MEMBER, shop_id=shop.pk, user=user, whom=link.used_by, now=now, note=said
        )
