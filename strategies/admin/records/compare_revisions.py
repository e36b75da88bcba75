"""The revisions of a strategy, and two of them side by side (SPEC T6, T8)."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page, show
from aftersale.domain.digits import whole_number
from aftersale.models import Shop
from aftersale.services.access import rights
from aftersale.services.shared.errors import NotFound
from aftersale.services.shared.shown import EMPTY, format_time, who
from strategies.admin.wording.revision import shown_content
from strategies.models import Strategy, StrategyRevision

MOST_SHOWN = 50
# A revision's changes are told with their values where those are few and short.
_FEW, _SHORT = 3, 24


@dataclass
class Revision:
    """A revision in the list: who made it when, and what it changed."""

    number: int
    at: str
    by: str
    changed: list[str]
    first: bool


@dataclass
class Field:
    """A field in two revisions."""

    label: Any
    old: Any
    new: Any

    @property
    def differs(self) -> bool:
        return str(self.old) != str(self.new)


@desk_page
@require_GET
def revisions(request: HttpRequest, pk: int) -> HttpResponse:
    """The two that are compared are in the address; else the latest and the one before it."""
    found = rights.scoped(Strategy.objects.select_related("shop"), access.person(request))
    strategy = found.filter(pk=pk).first()
    if strategy is None:
        raise NotFound(_("There is no such strategy."))
    newest = list(
        strategy.revisions.select_related("created_by", "created_token")[: MOST_SHOWN + 1]
    )
    new = _chosen(strategy, newest, request.GET.get("new", ""))
    new = new or (newest[0] if newest else None)
    old = _chosen(strategy, newest, request.GET.get("old", "")) or _before(strategy, newest, new)
    fields = fields_of(old, new, strategy.shop) if new else []
    return show(
        request,
        "strategies/records/revisions.html",
        _("Revisions of “%(name)s”") % {"name": strategy.name},
        strategy=strategy,
        revisions=_listed(newest, strategy.shop),
        more=len(newest) > MOST_SHOWN,
        old=old and _one(old, None, strategy.shop),
        new=new and _one(new, None, strategy.shop),
        differing=[field for field in fields if field.differs],
        same=[field for field in fields if not field.differs],
    )


def fields_of(
    old: StrategyRevision | None, new: StrategyRevision, shop: Shop | None
) -> list[Field]:
    """Every field that either revision has, in words."""
    now = shown_content(new.content, shop)
    before = shown_content(old.content, shop) if old else {}
    labels = [*now, *(label for label in before if label not in now)]
    return [Field(label, before.get(label, EMPTY), now.get(label, EMPTY)) for label in labels]


def _chosen(
    strategy: Strategy, newest: list[StrategyRevision], number: str
) -> StrategyRevision | None:
    """The revision of that number; None where the address names none."""
    if not number:
        return None
    chosen = whole_number(number, digits=9) or 0
    for revision in newest:
        if revision.number == chosen:
            return revision
    found = (
        strategy.revisions.select_related("created_by", "created_token")
        .filter(number=chosen)
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such revision."))
    return found


def _before(
    strategy: Strategy, newest: list[StrategyRevision], new: StrategyRevision | None
) -> StrategyRevision | None:
    if new is None or new.number == 1:
        return None
    return _chosen(strategy, newest, str(new.number - 1))


def _listed(newest: list[StrategyRevision], shop: Shop) -> list[Revision]:
    pairs = pairwise([*newest, None])
    return [_one(later, earlier, shop) for later, earlier in pairs if later][:MOST_SHOWN]


def _one(later: StrategyRevision, earlier: StrategyRevision | None, shop: Shop) -> Revision:
    fields = fields_of(earlier, later, shop) if earlier else []
    changed = [field for field in fields if field.differs]
    return Revision(
        number=later.number,
        at=format_time(later.created_at, shop, seconds=True),
        # SPEC G3, O7: the program changes strategies by itself in two cases.
        by=who(later, "created_by") if later.created_by else _("File or circuit breaker"),
        changed=[_change_text(field, full=len(changed) <= _FEW) for field in changed],
        first=later.number == 1,
    )


def _change_text(field: Field, *, full: bool) -> str:
    if full and max(len(str(field.old)), len(str(field.new))) <= _SHORT:
        values = {"field": field.label, "old": field.old, "new": field.new}
        return _("%(field)s: %(old)s → %(new)s") % values
    return str(field.label)
