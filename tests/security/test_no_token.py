"""No page takes a form without the token that it was sent with, whoever is logged in."""

import pytest
from django.test import Client

from aftersale.models import Role
from tests.admin.addresses import addresses
from tests.admin.digest import digest
from tests.admin.scene import make


@pytest.mark.django_db
def test_every_form_wants_its_token() -> None:
    """560 posts without one, to every address in an owner's and an operator's name."""
    own = make("mine", *Role)
    operator = own.people["owner"]
    operator.is_superuser = True
    operator.save()
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    before, walked = digest(), 0
    for address in addresses():
        answer = client.post(address.of(own), {"post": "yes"})
        assert answer.status_code == 403, (address.name, answer.status_code)
        walked += 1
    assert digest() == before and walked > 100
