import pytest
from django.contrib.auth.models import User
from django.template.response import TemplateResponse

from .scene import Scene, make, person


@pytest.fixture
def own(db: None) -> Scene:
    return make("mine", "owner", "admin", "cs_manager", "cs_agent", "viewer")


@pytest.fixture
def foreign(db: None) -> Scene:
    return make("theirs", "owner")


@pytest.fixture
def operator(db: None) -> User:
    return person("operator", is_superuser=True)


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are made but not rendered: rendering takes the longest."""
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
