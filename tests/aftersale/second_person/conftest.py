"""People of a shop with limits, and a clock that tests turn."""

import pytest
from django.contrib.auth.models import User

from aftersale.models import Role, Shop
from tests.aftersale.refunds.conftest import Clock, make_shop, make_user

from .asking import limited


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop() -> Shop:
    """Agents approve up to 50 yuan alone, managers up to 500, owners without a limit."""
    return limited(make_shop())


@pytest.fixture
def agent(shop: Shop) -> User:
    return make_user(shop, username="agent")


@pytest.fixture
def manager(shop: Shop) -> User:
    return make_user(shop, Role.CS_MANAGER, username="manager")
