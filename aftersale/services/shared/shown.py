"""Times and who did something, as people read them, for pages, messages and exports alike."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.models import AuditEntry, Shop, TicketEvent

HAN = re.compile(r"[\u4e00-\u9fff]")
# Stands where there is nothing to show.
EMPTY = "-"


def format_time(at: datetime | None, shop: Shop | None = None, *, seconds: bool = False) -> str:
    """The time on the shop's clock; on the project's where there is no shop."""
    if at is None:
        return EMPTY
    local = timezone.localtime(at, ZoneInfo(shop.timezone) if shop else None)
    return f"{local:%Y-%m-%d %H:%M:%S}" if seconds else f"{local:%Y-%m-%d %H:%M}"


def person_name(user: User) -> str:
    """A person's name as colleagues see it."""
    return full_name(user) or user.get_username()


def full_name(user: User) -> str:
    """First and last name; a Chinese one begins with the surname."""
    if HAN.search(user.first_name + user.last_name):
        return user.last_name + user.first_name
    return user.get_full_name()


def who(row: Model, by: str = "user") -> str:
    """The doer as colleagues see it: the token of a program's step, not the token's maker; else
    the person in the column `by` (SPEC P6, TokenOfStep)."""
    person = getattr(row, by)
    token = getattr(row, "token" if by == "user" else by.removesuffix("_by") + "_token", None)
    if person is None:
        return EMPTY
    return person_name(person) if token is None else _("Token “%s”") % token.name


def done_by(step: TicketEvent | AuditEntry) -> str:
    """The token, for a program's step, and not its maker; else the person; else, of a ticket, the
    automation or the platform (SPEC P6)."""
    if step.token is not None:
        return _("Token “%s”") % step.token.name
    if step.user is not None:
        return person_name(step.user)
    return str(step.get_actor_display()) if isinstance(step, TicketEvent) else ""
