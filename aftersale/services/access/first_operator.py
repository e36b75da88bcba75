"""The first operator of an installation signs up in the browser, by a link that the start prints.

Signed rather than stored: it is good as long as nobody is an operator, for a day (SPEC P1, P5).
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.core import signing
from django.db import connection, transaction
from django.utils.translation import gettext

from aftersale.domain.multilingual import said as _
from aftersale.models import AuditKind
from aftersale.services.access import links
from aftersale.services.shared import trail

LASTS_SECONDS = 24 * 60 * 60
_SALT = "first-operator"


def is_missing() -> bool:
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def link_text() -> str:
    """The link's secret part; anybody who has it becomes the operator, once."""
    return signing.dumps("", salt=_SALT)


def check(text: str) -> None:
    """Raises LinkOver for a link that was used, is a day old, or was never made."""
    try:
        signing.loads(text, salt=_SALT, max_age=LASTS_SECONDS)
    except signing.BadSignature:
        raise _over() from None
    if not is_missing():
        raise _over()


@transaction.atomic
def sign_up(*, text: str, username: str, name: str, password: str, now: datetime) -> User:
    """Makes the operator; of two at once the second finds the link used."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE auth_user IN SHARE ROW EXCLUSIVE MODE")
    check(text)
    user = links.new_user(username=username, name=name, password=password)
    user.is_superuser = True
    user.save()
    trail.record(
        AuditKind.ACCESS, whom=user, user=user, now=now, note=_("Signed up as the first operator.")
    )
    return user


def _over() -> links.LinkOver:
    return links.LinkOver(
        gettext("This link is not valid any more: the start of the program prints a new one.")
    )
