"""API tokens: made and revoked by owners, and used by programs (SPEC P1).

A token acts with its scopes, in its one shop, and never with more than its maker's role has there
at the moment of the call.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.models import ApiToken, AuditKind, Scope
from aftersale.services.access import refusals
from aftersale.services.access.rights import Right, require
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.signals import to_be_told

# In front of each token, so that one that leaked is recognised for what it is.
PREFIX = "ad_"
_SHOWN = len(PREFIX) + 6
MOST_NETWORKS = 20
_NETWORKS = "networks"
_IPV6_HOSTS = 64

RIGHT_OF = {
    Scope.READ: Right.SEE,
    Scope.ORDERS: Right.HANDLE_TICKETS,
    Scope.SHIPPING: Right.HANDLE_TICKETS,
    Scope.TICKETS: Right.HANDLE_TICKETS,
    Scope.STRATEGIES: Right.CHANGE_STRATEGIES,
    Scope.WINDOWS: Right.OPEN_WINDOWS,
    Scope.FUNDS: Right.CHANGE_SHOP,
}


class Use(NamedTuple):
    """One call of a token that exists; `calls` counts those of the running minute, this one too."""

    token: ApiToken
    calls: int
    seconds_left: int

    @property
    def allowed(self) -> bool:
        return self.calls <= settings.API_CALLS_PER_MINUTE


def create(
    *,
    shop_id: int,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
    user: User,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can read again afterwards.

    `networks` are addresses or networks (203.0.113.7, 203.0.113.0/24) that it may be used from;
    none: from anywhere.
    """
    require(user, shop_id, Right.CHANGE_SHOP)
    name = name.strip()
    if not name or "\0" in name:
        raise Refused(_("Say what the token is for."), pointer="name")
    if len(name) > 64:
        raise Refused(_("At most %(most)d characters.") % {"most": 64}, pointer="name")
    chosen = [scope.value for scope in Scope if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise Refused(_("Choose what the token may do."), pointer="scopes")
    if expires_at is not None and expires_at <= now:
        raise Refused(_("It would have ended already."), pointer="expires_at")
    allowed = _networks(networks)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            shop_id=shop_id,
            name=name,
            digest=_digest(text),
            beginning=text[:_SHOWN],
            scopes=chosen,
            expires_at=expires_at,
            networks=allowed,
            created_by=user,
            created_at=now,
        )
        _event(token, _("Made: %(token)s, may: %(scopes)s"), user, now)
        to_be_told.send(sender=create, shop_ids=[shop_id])
    return token, text


def revoke(*, token_id: int, user: User, now: datetime) -> ApiToken:
    """The token is refused from now on; revoking it again changes nothing."""
    shop_id = ApiToken.objects.filter(pk=token_id).values_list("shop", flat=True).first()
    if shop_id is None:
        raise NotFound(_("There is no such token."))
    require(user, shop_id, Right.CHANGE_SHOP)
    with transaction.atomic():
        token = ApiToken.objects.select_for_update(of=("self",), no_key=True).get(pk=token_id)
        if token.revoked_at is None:
            token.revoked_at, token.revoked_by = now, user
            token.save(update_fields=["revoked_at", "revoked_by"])
            _event(token, _("Revoked: %(token)s"), user, now)
    return token


_USE = """
    UPDATE aftersale_apitoken
       SET last_used_at = %(now)s, minute = %(minute)s,
           calls = CASE WHEN minute = %(minute)s THEN LEAST(calls, 1000000) + 1 ELSE 1 END
     WHERE digest = %(digest)s AND revoked_at IS NULL
       AND (expires_at IS NULL OR expires_at > %(now)s)
       AND (networks = '{}' OR %(address)s::inet <<= ANY (networks::cidr[]))
    RETURNING id, calls
"""


def use(*, text: str, address: str | None, now: datetime) -> Use | None:
    """Counts one call of the token that came from `address`.

    None where there is no such token: it was revoked, has ended, or may not be used from there.
    """
    seconds = int(now.timestamp())
    with connection.cursor() as cur:
        cur.execute(
            _USE, {"now": now, "minute": seconds // 60, "digest": _digest(text), "address": address}
        )
        row = cur.fetchone()
    if row is None:
        return None
    token = ApiToken.objects.select_related("shop", "created_by").get(pk=row[0])
    return Use(token, row[1], 60 - seconds % 60)


def note_refusal(*, text: str, step: str, now: datetime) -> None:
    """An entry of a call with a token that exists, but is revoked, over, or used from elsewhere."""
    token = ApiToken.objects.select_related("created_by").filter(digest=_digest(text)).first()
    if token is not None:
        refusals.of_token(token=token, step=step, why="no_token", now=now)


def _networks(given: Sequence[str]) -> list[str]:
    if len(given) > MOST_NETWORKS:
        raise Refused(_("At most %(most)d addresses.") % {"most": MOST_NETWORKS}, pointer=_NETWORKS)
    found = []
    for text in given:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            raise Refused(
                _("“%(text)s” is no address or network, as 203.0.113.7 or 203.0.113.0/24.")
                % {"text": text[:50]},
                pointer=_NETWORKS,
            ) from None
        if network.version == 6 and network.prefixlen > _IPV6_HOSTS:
            # Addresses of clients are known by their network only (config.login).
            network = network.supernet(new_prefix=_IPV6_HOSTS)
        found.append(str(network))
    return sorted(set(found))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _event(token: ApiToken, note: str, user: User, now: datetime) -> None:
    labels = joined(COMMA, [Scope(scope).label for scope in token.scopes])
    trail.record(
        AuditKind.TOKEN,
        shop_id=token.shop_id,
        user=user,
        now=now,
        note=note % {"token": str(token), "scopes": labels},
    )
