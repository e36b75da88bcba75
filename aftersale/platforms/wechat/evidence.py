"""Evidence of the shop in a dispute: where the platform takes it, and how much."""

import time
from collections.abc import Sequence

from aftersale.domain.multilingual import said as _
from aftersale.platforms.payments import CALL_TIMEOUT_SECONDS, TimedOut
from aftersale.platforms.protocol import Accepted, Declined, NotCarriedOut, Picture, Why
from aftersale.platforms.wechat import disputes, refusals
from aftersale.platforms.wechat.disputes import Dispute

from .client import Client, Refused
from .lookup import BAD_ANSWER, TICKETS, Lookup, reads
from .pictures import uploaded


def send(
    client: Client, lookup: Lookup, ticket_no: str, *, text: str, pictures: Sequence[Picture]
) -> Accepted | Declined:
    """Evidence where the platform asks for it, a message with pictures while it looks at it."""
    until = time.monotonic() + CALL_TIMEOUT_SECONDS
    try:
        with reads():
            raw = lookup.raw_ticket(ticket_no, until)
            dispute = lookup.dispute(raw, until) if raw else None
    except TimedOut as error:
        raise NotCarriedOut(_("The platform gave no answer; nothing was sent.")) from error
    path = _path(dispute)
    if dispute is None or path is None:
        return Declined(Why.CHANGED, _("The platform asks for nothing in this dispute now."))
    if len(text) > disputes.LONGEST_TEXT or len(pictures) > disputes.MOST_PICTURES:
        return Declined(
            Why.OTHER,
            _("The platform takes up to %(letters)d letters and %(pictures)d pictures.")
            % {"letters": disputes.LONGEST_TEXT, "pictures": disputes.MOST_PICTURES},
        )
    try:
        media = _uploaded(client, pictures, until)
    except Refused as refused:
        return refusals.declined(refused)
    sent = {"complaint_id": dispute.number, "content": text, "media_id_list": media}
    try:
        client.call(path, sent, until=until)
    except Refused as refused:
        return refusals.declined(refused)
    return Accepted()


def _uploaded(client: Client, pictures: Sequence[Picture], until: float) -> list[str]:
    try:
        return uploaded(client, pictures, until)
    except (TimedOut, *BAD_ANSWER) as error:
        raise NotCarriedOut(_("The platform gave no answer; nothing was sent.")) from error


def _path(dispute: Dispute | None) -> str | None:
    if dispute is None:
        return None
    if dispute.status in disputes.WANTS_PROOF:
        return TICKETS + "/addcomplaintproof"
    return TICKETS + "/addcomplaintmaterial" if dispute.status in disputes.WITH_SERVICE else None
