from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.response import TemplateResponse

from .scene import Scene, make, person
from .stage import Stage

SCENES = {
    "own": lambda: make("mine", "owner", "admin", "cs_manager", "cs_agent", "viewer"),
    "foreign": lambda: make("theirs", "owner"),
}


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """The module's transaction: nothing of it is ever committed."""
    stage = Stage(SCENES)
    yield stage
    with django_db_blocker.unblock():
        stage.take_down()


@pytest.fixture(autouse=True)
def scenes_set_up(request: pytest.FixtureRequest, stage: Stage, django_db_blocker: Any) -> None:
    """The scenes that the test asks for, before its savepoint opens: `db` comes after this."""
    with django_db_blocker.unblock():
        stage.set_up([name for name in SCENES if name in request.fixturenames])


@pytest.fixture
def own(stage: Stage, db: None) -> Scene:
    return stage.scene("own")


@pytest.fixture
def foreign(stage: Stage, db: None) -> Scene:
    return stage.scene("foreign")


@pytest.fixture
def operator(db: None) -> User:
    return person("operator", is_superuser=True)


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are made but not rendered: rendering takes the longest."""
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
