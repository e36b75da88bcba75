"""Fixtures of nearly every test of the API."""

import pytest
from django.contrib.auth.models import User

from aftersale.models import Shop
from tests.factories import make_shop, make_user

from .program import Program, program


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(code="ks-1")


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, "owner")


@pytest.fixture
def erp(shop: Shop, owner: User) -> Program:
    """A program with all scopes in the shop."""
    return program(shop, owner)
