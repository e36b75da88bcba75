"""Buyers' numbers, and telephone numbers in free texts, as the person who looks may see them:
viewers see them masked (SPEC P1, P7).

The reader is set for each request (`Looking`, and a program's token). Commands and tasks have none:
numbers stay as they are there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from aftersale.domain.masking import masked, without_phones
from aftersale.domain.multilingual import MultilingualText
from aftersale.services.access.rights import Person, Right, may


@dataclass(frozen=True)
class _Looks:
    sees: Callable[[int], bool]
    # The one shop of a program's token.
    shop_id: int | None = None


_looks: ContextVar[_Looks | None] = ContextVar("looks", default=None)


@contextmanager
def looking(sees: Callable[[int], bool]) -> Iterator[None]:
    """Somebody looks at whatever is shown inside; `sees` says whether they see a shop's buyers."""
    before = _looks.set(_Looks(sees))
    try:
        yield
    finally:
        _looks.reset(before)


def looks_by_token(person: Person, shop_id: int) -> None:
    """A program looks, in its shop, with its maker's rights, until its request ends."""
    _looks.set(_Looks(cache(lambda pk: may(person, pk, Right.SEE_BUYERS)), shop_id))


def sees_buyers(shop_id: int | None = None) -> bool:
    """Whether the reader sees the shop's buyers' numbers; without a shop, those of the token's.

    True where nobody looks; False for a person where no shop is named.
    """
    looks = _looks.get()
    if looks is None:
        return True
    shop_id = shop_id or looks.shop_id
    return shop_id is not None and looks.sees(shop_id)


def shown_buyer(buyer: str, shop_id: int | None = None) -> str:
    """The number, masked for whoever may not see it."""
    return buyer if sees_buyers(shop_id) else masked(buyer)


def shown_text(text: str, buyer: str, shop_id: int | None = None) -> str:
    """A text that somebody wrote, with the buyer's number and telephone numbers masked for whoever
    may not see them; `buyer` is empty where the text is about no case."""
    if not text or sees_buyers(shop_id):
        return text
    if isinstance(text, MultilingualText):
        texts = text.texts.items()
        return MultilingualText({code: _masked_in(one, buyer) for code, one in texts})
    return _masked_in(str(text), buyer)


def shown_text_of(row: Any, text: str, shop_id: int | None = None) -> str:
    """The same of a text that stands in a row of a case, or of none."""
    return text if sees_buyers(shop_id) else shown_text(text, _buyer_of(row), shop_id)


def _masked_in(text: str, buyer: str) -> str:
    # The number first: it may itself be a telephone number.
    return without_phones(text.replace(buyer, masked(buyer)) if buyer else text)


def _buyer_of(row: Any) -> str:
    """The buyer of the row's case, wherever the row leads to it."""
    for path in ("buyer", "ticket__buyer", "order__buyer", "refund__ticket__buyer"):
        found = row
        for name in path.split("__"):
            found = getattr(found, name, None)
        if found:
            return found
    return ""
