"""Views of the workbench that a person keeps under a name: each sees and changes their own."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from aftersale.models import SavedFilter
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.prepared import Slot, prepared

# The parameters of the workbench's address that select tickets. Nothing else is kept: neither the
# open case nor made-up parameters.
PARAMETERS = (
    "queue",
    "q",
    "shop",
    "type",
    "reason",
    "from",
    "to",
    "since",
    "until",
    "product",
    "order",
    "handler",
    "mark",
    "sort",
)
MOST = 30
LONGEST_NAME = 64
LONGEST_QUERY = 1000


def saved_by(user: User) -> list[SavedFilter]:
    return _own(user=user.pk)


@prepared
def _own(*, user: Slot) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(user=user).order_by("name")


def save(*, name: str, query: str, user: User) -> SavedFilter:
    """Saves the query under the name, replacing an earlier one of that name."""
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Give the filter a name."), pointer="name")
    if len(name) > LONGEST_NAME:
        raise Refused(_("A name has at most %d characters.") % LONGEST_NAME, pointer="name")
    kept = known(query)
    if len(kept) > LONGEST_QUERY:
        raise Refused(_("This filter is too long to be saved."), pointer="name")
    own = saved_by(user)
    if len(own) >= MOST and name not in {saved.name for saved in own}:
        raise Refused(_("At most %d filters can be saved: delete one first.") % MOST)
    saved, _created = SavedFilter.objects.update_or_create(
        user=user, name=name, defaults={"query": kept}
    )
    return saved


def delete(*, filter_id: int, user: User) -> None:
    deleted, _rows = SavedFilter.objects.filter(user=user, pk=filter_id).delete()
    if not deleted:
        raise NotFound(_("There is no such filter."))


def known(query: str) -> str:
    """The selecting part of an address's query, in one fixed order."""
    given = QueryDict(query.removeprefix("?"))
    kept = QueryDict(mutable=True)
    for parameter in PARAMETERS:
        if values := [value for value in given.getlist(parameter) if value]:
            kept.setlist(parameter, values)
    return kept.urlencode()
