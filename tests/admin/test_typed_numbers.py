"""Numbers in the addresses of pages: what is no whole number names nothing, and is never 500."""

import pytest
from django.urls import reverse

from .clients import client_of
from .scene import Scene

PAGES = (
    "desk:reject-texts?shop=",
    "desk:workbench?after=",
    "desk:workbench?shown=",
    "automation:trials?shop=",
    "monitoring:alerts?shop=",
    "monitoring:bell?since=",
    "monitoring:drilldown?page=",
    "admin:aftersale_ticket_changelist?far=",
)


@pytest.mark.parametrize("typed", ["²", "٣", "1_0", "+1", "9" * 40, "x"])
def test_a_page_reads_on(own: Scene, typed: str) -> None:
    client = client_of(own.people["owner"])
    for page in PAGES:
        name, _, key = page.partition("?")
        answer = client.get(reverse(name), {key.rstrip("="): typed})
        assert answer.status_code == 200, page
