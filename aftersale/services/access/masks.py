"""Buyers' numbers as the person who looks may see them: viewers see them masked (SPEC P1).

The reader is set for each request (`Looking`, and a program's token). Commands and tasks have none:
numbers stay as they are there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from aftersale.domain.masking import masked
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
    """A text about the buyer's case, with the number masked for whoever may not see it."""
    if not buyer or sees_buyers(shop_id):
        return text
    if isinstance(text, MultilingualText):
        texts = text.texts.items()
        return MultilingualText({code: one.replace(buyer, masked(buyer)) for code, one in texts})
    return text.replace(buyer, masked(buyer))
