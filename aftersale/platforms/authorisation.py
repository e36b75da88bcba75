"""A platform's own page on which a shop lets an app act for it (OAuth), and what it has granted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from aftersale.platforms.protocol import Account, Secret

Secrets = Mapping[str, str]

# People are told so long before an authorisation ends.
WARN = timedelta(days=14)


class Authorisation(NamedTuple):
    """How a shop is connected by the platform's page; none where credentials are entered."""

    # The app's own credentials, which are there before any shop has authorised it.
    app: tuple[Secret, ...]
    # Its address, from the app's credentials, the platform's address (empty: the real one), the
    # address to come back to, and the state that comes back with the code.
    page: Callable[[Secrets, str, str, str], str]
    # All secrets for a code, by one call. Raises what a call raises.
    exchange: Callable[[Account, str, datetime], Secrets]


@dataclass(frozen=True, slots=True)
class Granted:
    """The known facts of a shop's access."""

    # The platform's own number of the shop; empty until it is known.
    shop: str = ""
    # The app's permissions, in the platform's words; empty where the platform does not say.
    scopes: tuple[str, ...] = ()
    # An owner has to authorise the app again by then, unless a renewal moves it. None: it does not
    # end by itself, or the platform does not say.
    until: datetime | None = None
    # Shorter than WARN where each renewal grants so little that it would always be warned of.
    warn: timedelta = WARN


def held_until(text: str) -> datetime | None:
    """A moment as secrets keep it; None where there is none to read."""
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo else None
