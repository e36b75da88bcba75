"""Making a shop on a page (SPEC P1): by an operator, or by an owner for themselves."""

import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from aftersale.domain.identifiers import show_invisible
from aftersale.domain.multilingual import joined
from aftersale.domain.punctuation import COLON
from aftersale.models import AuditKind, Membership, Role, Shop
from aftersale.records.errors import explain
from aftersale.records.schemas import ShopRecord
from aftersale.services.access.rights import may_make_shops, shops_of
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.shops import shops

# Without what is mistaken for something else when it is typed.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def suggest_code() -> str:
    """A code that no shop has."""
    while True:
        code = "shop-" + "".join(secrets.choice(_SIGNS) for _place in range(6))
        if not shops.known([code]):
            return code


@transaction.atomic
def make(
    *, code: str, name: str, platform: str, timezone: str, user: User, now: datetime
) -> tuple[Shop, bool]:
    """The shop, and whether this call made it: the same form sent twice makes one shop.

    An owner owns it from then on; an operator invites whoever shall own it.
    """
    if not may_make_shops(user):
        raise NotAllowed(_("Only operators and owners of a shop make shops."))
    try:
        record = ShopRecord(code=code, name=name, platform=platform, timezone=timezone)
    except ValidationError as error:
        wrong = explain(error)[0]
        raise Refused(wrong.message, pointer=wrong.pointer) from None
    shop = shops.create(record, user=user, now=now)
    if shop is None:
        return _made_before(record, user), False
    if not user.is_superuser:
        Membership.objects.create(shop=shop, user=user, role=Role.OWNER)
        note = joined(COLON, [user.get_username(), Role.OWNER.label])
        trail.record(AuditKind.MEMBER, shop_id=shop.pk, user=user, whom=user, now=now, note=note)
    return shop, True


def _made_before(record: ShopRecord, user: User) -> Shop:
    """The person's own shop of these very words; else the code is taken."""
    own = shops_of(user).filter(
        code=record.code,
        name=record.name,
        platform=record.platform,
        timezone=record.timezone,
        entries__kind=AuditKind.CREATED,
        entries__user=user,
    )
    found = own.first()
    if found is None:
        raise Refused(
            _("The code “%(code)s” is taken. Add something to it, for example a number.")
            % {"code": show_invisible(record.code)},
            pointer="code",
        )
    return found
