"""An operator is told of a proxy that nobody declared; limits by address need it."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from .clients import client_of
from .scene import Scene

TOLD = "BEHIND_PROXY=True"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_an_operator_is_told(operator: User, settings: Settings, header: str) -> None:
    client = client_of(operator)
    asked = {"headers": {header: "192.0.2.7"}}
    assert TOLD in client.get("/admin/", **asked).content.decode()
    settings.BEHIND_PROXY = True
    assert TOLD not in client.get("/admin/", **asked).content.decode()


def test_nobody_else_is_and_not_without_one(own: Scene, operator: User) -> None:
    assert TOLD not in client_of(operator).get("/admin/").content.decode()
    answer = client_of(own.people["owner"]).get("/admin/", headers={"X-Forwarded-For": "192.0.2.7"})
    assert TOLD not in answer.content.decode()
