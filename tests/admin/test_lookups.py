"""Lists take the look-ups of their own filters; anything else is 400 or ignored, never 500.

Every registered admin is walked: whatever is added is too.
"""

from unittest.mock import Mock

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.test import RequestFactory

from aftersale.admin.kit.lookups import OwnLookups
from aftersale.models import Ticket

from .clients import client_of, english_client, url
from .scene import Scene

REGISTERED = sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)
LOOKUPS = ("exact", "regex", "contains", "in", "isnull", "gte", "date", "nope")
# Of lists in general, not of one filter.
GENERAL = ("q", "p", "o", "e", "all", "far", "_to_field", "_popup", "shop", "nobody__knows")
HOSTILE = ("\0", "(", "9" * 40, "")
REFUSALS = (SuspiciousOperation, IncorrectLookupParameters)


def test_no_address_of_a_list_is_an_error(own: Scene, operator: User) -> None:
    def asked(**query: str) -> HttpRequest:
        request = RequestFactory().get("/", query)
        request.user = operator
        request._messages = Mock()  # type: ignore[attr-defined]
        return request

    refused = 0
    for model, site in REGISTERED:
        assert isinstance(site, OwnLookups), model
        of_filters = {str(name) for name in site._filter_parameters(asked())}
        for field in model._meta.get_fields():
            for name in (field.name, *[f"{field.name}__{lookup}" for lookup in LOOKUPS]):
                allowed = site.lookup_allowed(name, "x", asked())
                assert allowed == (name in of_filters), (model, name)
        for name in {*GENERAL, *of_filters}:
            for value in HOSTILE:
                try:
                    found = site.get_changelist_instance(asked(**{name: value}))
                except REFUSALS:
                    refused += 1
                else:
                    assert list(found.result_list) is not None
    assert refused > len(REGISTERED)


def test_the_page_says_so(own: Scene) -> None:
    client = english_client(own.people["viewer"])
    for query in ("status__exact=%00", "id__regex=(", "flags__contains=x"):
        answer = client.get(f"{url(Ticket, 'changelist')}?{query}")
        assert answer.status_code == 400
        assert "This address can't be read" in answer.content.decode()


def test_the_filters_of_the_page_find(own: Scene) -> None:
    """The control: what the page offers is not refused."""
    client = client_of(own.people["viewer"])
    page = url(Ticket, "changelist")
    for query, found in (
        ("status__exact=refunding", 1),
        ("status__exact=closed", 0),
        ("awaiting_evaluation__exact=0", 1),
        ("awaiting_evaluation__exact=1", 0),
        ("applied_at__gte=2026-11-01+00:00:00%2B08:00", 1),
        ("flag=differs", 0),
        ("order_there=yes", 1),
        (f"shop={own.shop.pk}", 1),
    ):
        answer = client.get(f"{page}?{query}")
        assert answer.status_code == 200, query
        assert answer.context["cl"].result_count == found, query
