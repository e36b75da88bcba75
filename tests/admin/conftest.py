from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from .scene import Scene, make, person


@pytest.fixture(autouse=True)
def no_language_stays() -> Iterator[None]:
    """A request's language stays with the thread, which the next test reads errors in."""
    yield
    translation.deactivate()


@pytest.fixture
def own(db: None) -> Scene:
    return make("mine", "owner", "admin", "cs_manager", "cs_agent", "viewer")


@pytest.fixture
def foreign(db: None) -> Scene:
    return make("theirs", "owner")


@pytest.fixture
def operator(db: None) -> User:
    return person("operator", is_superuser=True)
