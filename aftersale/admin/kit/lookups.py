"""Addresses of a list take the look-ups of the page's own filters and no others.

Django takes any look-up on a field of the model (`?id__regex=(`, `?flags__contains=x`), and what
the database can't read of it is an error 500.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin import FieldListFilter, SimpleListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Field
from django.http import HttpRequest

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin as _Admin
else:
    _Admin = object


class OwnLookups(_Admin):
    """Mixed into every admin with a list; any other look-up is answered with 400."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # PostgreSQL holds no NUL, so nothing can be found by one.
        return "\0" not in str(value) and lookup in self._filter_parameters(request)

    def _filter_parameters(self, request: HttpRequest | None) -> Iterator[str | None]:
        assert request is not None
        for one in self.get_list_filter(request):
            if isinstance(one, str):
                field = get_fields_from_path(self.model, one)[-1]
                assert isinstance(field, Field)
                found = FieldListFilter.create(field, request, {}, self.model, self, field_path=one)
                yield from found.expected_parameters()
                if field.choices:
                    yield f"{one}__in"  # the dashboard's links name several choices
            elif issubclass(one, SimpleListFilter):
                # Making the filter would ask the database for its choices.
                yield one.parameter_name
            else:
                yield from one(request, {}, self.model, self).expected_parameters()
