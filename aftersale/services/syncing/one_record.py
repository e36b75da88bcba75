"""One record fetched from its platform and saved: named by a message, or asked for by a person."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib.auth.models import User

from aftersale.domain.multilingual import said as _
from aftersale.models import PlatformAccount, PlatformProblem, PlatformSubject
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    MakesSeveral,
    NotAuthorised,
    NotCarriedOut,
    Platform,
    RecordUnreadable,
    SeenTicket,
    Throttled,
)
from aftersale.platforms.unread import silence
from aftersale.services.access.rights import Right, require
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.syncing import access
from aftersale.services.syncing.saving import Saver

Clock = Callable[[], datetime]


def fetch(platform: Platform, saver: Saver, subject: str, number: str, *, clock: Clock) -> bool:
    """False where the platform does not know it. A record of which it says nothing that can be
    saved is a problem of its own; raises what the call raises."""
    if subject == PlatformSubject.ORDER:
        order = platform.order(number)
        saver.orders([order] if order is not None else [], now=clock())
        return order is not None
    seen = _tickets(platform, number)
    for one in seen:
        _save_order(platform, saver, one, clock=clock)
    saver.tickets(seen, now=clock())
    return bool(seen)


def _tickets(platform: Platform, number: str) -> Sequence[SeenTicket]:
    if isinstance(platform, MakesSeveral):
        return platform.tickets_of(number)
    ticket = platform.ticket(number)
    return [ticket] if ticket else []


def _save_order(platform: Platform, saver: Saver, seen: SeenTicket, *, clock: Clock) -> None:
    """The order's present state, too: strategies decide by its status (SPEC S2)."""
    order_no = seen.record.order_no
    try:
        order = seen.order or platform.order(order_no)
    except RecordUnreadable as error:
        # The order came meanwhile.
        saver.problem(PlatformSubject.ORDER, order_no, str(error), raw=error.raw, now=clock())
        order = None
    saver.orders([order] if order is not None else [], now=clock())


def try_again(*, shop_id: int, problem_id: int, user: User, clock: Clock) -> None:
    """Fetches a record that could not be taken over, now. Raises Refused with what is wrong with it
    still; its problem goes once it is here."""
    require(user, shop_id, Right.CHANGE_SHOP)
    account = PlatformAccount.objects.select_related("shop").filter(shop=shop_id).first()
    problem = PlatformProblem.objects.filter(pk=problem_id, account__shop=shop_id).first()
    if account is None or problem is None:
        raise NotFound(_("This record is not on the list any more."))
    if problem.unread_since is not None:
        raise Refused(_("It is a whole list, which is asked for with every round."))
    saver = Saver(account)
    try:
        known = fetch(
            access.ready(account, clock=clock),
            saver,
            problem.subject,
            problem.number,
            clock=clock,
        )
    except (Throttled, NotAuthorised) as error:
        raise Refused(str(error)) from error
    except (TimedOut, NotCarriedOut) as error:
        raw = error.raw if isinstance(error, RecordUnreadable) else None
        kept = problem.ask_again and raw is None
        saver.problem(
            problem.subject, problem.number, silence(error), raw=raw, now=clock(), ask_again=kept
        )
        raise Refused(silence(error)) from error
    if not known:
        raise Refused(_("The platform does not know it any more."))
    left = PlatformProblem.objects.filter(pk=problem.pk).first()
    if left is not None:
        raise Refused(str(left.reason))
