"""A shop's own texts for the reasons of the catalogue, over the defaults (SPEC P2)."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from aftersale.domain.identifiers import is_visible
from aftersale.domain.labels import REASONS
from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.placeholders import fill, problem
from aftersale.models import AuditKind, RejectReasonTemplate, Shop, Ticket
from aftersale.reject_reasons import BY_CODE, RejectReason
from aftersale.services.access.rights import Right, require, shops_of
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused

LONGEST = 1_000


@transaction.atomic
def save(*, shop_id: int, reason: str, text: str, user: User, now: datetime) -> None:
    """Gives the shop a text of its own; raises Refused naming an unknown placeholder."""
    shop, known = _enter(shop_id, reason, user=user)
    # As browsers send them: \r\n.
    text = text.replace("\r\n", "\n").strip()
    if wrong := text_problem(text):
        raise Refused(wrong, pointer="text")
    before = own_texts(shop).get(reason)
    if before == text:
        return
    RejectReasonTemplate.objects.update_or_create(
        shop=shop, reason=reason, defaults={"text": text, "updated_at": now, "updated_by": user}
    )
    _event(shop, known, before, text, user=user, now=now)


@transaction.atomic
def reset(*, shop_id: int, reason: str, user: User, now: datetime) -> None:
    """Back to the default text."""
    shop, known = _enter(shop_id, reason, user=user)
    before = own_texts(shop).get(reason)
    if before is None:
        return
    RejectReasonTemplate.objects.filter(shop=shop, reason=reason).delete()
    _event(shop, known, before, None, user=user, now=now)


def text_problem(text: str) -> str:
    """Why a text can't be saved; "" where it can."""
    if not is_visible(text) or "\0" in text:
        return _("Write what the buyer is told.")
    if len(text) > LONGEST:
        return _("At most %d characters.") % LONGEST
    return problem(text)


def own_texts(shop: Shop) -> dict[str, str]:
    """The texts that the shop has put over the defaults, by reason."""
    rows = RejectReasonTemplate.objects.filter(shop=shop)
    return dict(rows.values_list("reason", "text"))


def filled(reason: RejectReason, ticket: Ticket) -> str:
    """The shop's text for the reason, or the default, with the ticket's facts in it."""
    return all_filled([reason], ticket)[reason.code]


def all_filled(reasons: Iterable[RejectReason], ticket: Ticket) -> dict[str, str]:
    """The same of several reasons, by their codes; shop and order are read once."""
    own, facts = own_texts(ticket.shop), facts_of(ticket)
    return {
        reason.code: fill(own.get(reason.code) or str(reason.text), facts) for reason in reasons
    }


def facts_of(ticket: Ticket) -> dict[str, str]:
    """Values of a text's placeholders."""
    applied = timezone.localtime(ticket.applied_at, ZoneInfo(ticket.shop.timezone))
    return {
        "ticket_no": ticket.ticket_no,
        "order_no": ticket.order_no,
        "amount": plain_yuan(ticket.amount),
        "product": _product(ticket),
        "shop": ticket.shop.name,
        "buyer": ticket.buyer,
        "applied_at": f"{applied:%Y-%m-%d %H:%M}",
        "reason": str(REASONS.get(ticket.reason, ticket.reason)),
    }


def _product(ticket: Ticket) -> str:
    """The title of the ticket's goods; codes mean nothing to a buyer."""
    if ticket.order is None:
        return ""
    lines = [
        line.title
        for line in ticket.order.lines.all()
        if line.title and ticket.line_no in (None, line.line_no)
    ]
    return pgettext("between goods", ", ").join(lines)


def _enter(shop_id: int, reason: str, *, user: User) -> tuple[Shop, RejectReason]:
    shop = shops_of(user).filter(pk=shop_id).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    require(user, shop_id, Right.EDIT_TEMPLATES)
    if reason not in BY_CODE:
        raise NotFound(_("There is no such reason."))
    # Two people's changes come one after the other, each with its event.
    locked = locks.lock_shop(shop_id)
    return locked, BY_CODE[reason]


def _event(
    shop: Shop,
    reason: RejectReason,
    before: str | None,
    after: str | None,
    *,
    user: User,
    now: datetime,
) -> None:
    default = _("(default text)")
    trail.record(
        AuditKind.TEMPLATE,
        shop_id=shop.pk,
        user=user,
        now=now,
        note=joined("\n", [reason.label, before or default, "→", after or default]),
    )
