"""Error pages: in both languages, in the program's layout, without details."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from aftersale.models import ShippingAlert

from .clients import client_in
from .scene import Scene
from .test_languages import english
from .test_weight import weight

CHINESE = {403: "没有操作权限", 404: "页面不存在", 500: "系统出错了"}
ENGLISH = {
    403: "You may not do this",
    404: "There is no such page",
    500: "Something went wrong here",
}


def client_for(scene: Scene, language: str) -> Client:
    client = client_in(language, scene.people["viewer"])
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(("language", "titles"), [("zh-hans", CHINESE), ("en", ENGLISH)])
def test_they_speak_the_users_language(
    own: Scene, language: str, titles: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_for(own, language)
    monkeypatch.setattr("aftersale.admin.desk.shipping_alerts._tabs", lambda *_: 1 / 0)
    answers = {
        403: client.get(reverse("desk:shipping-alert-step", args=[own.row(ShippingAlert).pk])),
        404: client.get("/admin/not-there/"),
        500: client.get(reverse("desk:shipping-alerts")),
    }
    for status, answer in answers.items():
        page = answer.content.decode()
        assert answer.status_code == status
        assert f"<h1>{titles[status]}</h1>" in page
        assert f'href="{reverse("admin:index")}"' in page
        assert "Content-Security-Policy" in answer.headers
        size, outside = weight(page)
        assert size < 10_000 and outside == set()
        if language == "zh-hans":
            assert english(page) == set()


def test_an_old_page_is_refused_in_words(own: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(own.people["viewer"])
    client.cookies["django_language"] = "zh-hans"
    answer = client.post(reverse("admin:login"), {"username": "x"})
    assert answer.status_code == 403 and "页面已过期" in answer.content.decode()


def test_the_last_one_needs_nothing() -> None:
    """Django renders it without a request."""
    with translation.override("zh-hans"):
        assert CHINESE[500] in render_to_string("500.html")
