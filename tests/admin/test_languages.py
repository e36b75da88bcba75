"""The interface speaks the language that was chosen: pages in Chinese hold no English words."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import override, pgettext

from aftersale.models import AttemptState, RefundStatus
from tests.chinese import half_width_marks

from .clients import chinese_client, client_of, url
from .scene import Scene
from .test_scope import SCOPED
from .test_steps import REGISTERED, step_url
from .test_weight import desk_pages

HIDDEN = re.compile(
    r"<(script|style|svg|template|code)\b.*?</\1>|<!--.*?-->|\bx-[-:.\w]+=\"[^\"]*\"", re.DOTALL
)
ICONS = re.compile(r"<span[^>]*material-symbols-outlined[^>]*>.*?</span>", re.DOTALL)
# Everything that people read: texts, and attributes that are shown or read aloud.
READ = re.compile(r">([^<]+)<|(?:title|placeholder|aria-label|data-label)=\"([^\"]*)\"")
WORD = re.compile(r"[A-Za-z]{3,}")
NAMES = {
    "Afterdesk", "English", "Asia", "Shanghai", "UTC",  # names of themselves
    "mine", "operator",  # the scene's data, which begin with its mark
    "esc", "hans",  # a key, and the language's own code
    "CSV", "Excel", "XLSX",  # kinds of files
    "API", "ERP",  # called so in Chinese, too
    "http", "testserver", "platforms", "wechat", "messages",  # an address
    "AppID", "AppSecret", "Token", "EncodingAESKey",  # a platform's words
    "other",  # a platform's word
    "web", "watch", "decide", "pay", "pull", "tell", "slow",  # programs, as operators start them
    "https", "Gone",  # words of those who connect programs
}  # fmt: skip
# Names of a platform's secrets: its console shows them as they are, in any language.
SECRETS = re.compile(r"\b(?:authorizer_refresh_token|component_verify_ticket)\b")


def texts_of(page: str) -> list[str]:
    page = SECRETS.sub("", ICONS.sub("", HIDDEN.sub("", page)))
    return [text or attribute for text, attribute in READ.findall(page)]


def english(page: str) -> set[str]:
    found = set()
    for text in texts_of(page):
        # Words of a piece of data are removed with it: mine-strategy, mine-order.
        text = re.sub(r"\{\w+\}", "", text)  # a placeholder, as it is typed
        text = re.sub(r"(?<![A-Za-z])(mine|theirs)[-\w]*", "", text, flags=re.IGNORECASE)
        found |= {word for word in WORD.findall(text) if word not in NAMES}
    return found


def test_it_would_find_english() -> None:
    assert english('<p>售后单 Tickets</p><a title="Close"></a>') == {"Tickets", "Close"}
    assert english("<p>component_verify_ticket component</p>") == {"component"}


def test_lists_and_pages_are_chinese(own: Scene, operator: User) -> None:
    client = chinese_client(operator)
    pages = [reverse("admin:index"), reverse("admin:login"), *desk_pages()]
    for model in admin.site._registry:
        if model._meta.app_label != "django_q":  # full of the names of tasks
            pages.append(url(model, "changelist"))
    for model in SCOPED:
        pages.append(url(model, "change", own.row(model).pk))
        if admin.site._registry[model].add_right:
            pages.append(url(model, "add"))
    wrong = {}
    for address in pages:
        response = client.get(address, follow=True)
        assert response.status_code == 200, address
        page = response.content.decode()
        marks = [text for text in texts_of(page) if half_width_marks(text)]
        if words := [*english(page), *marks]:
            wrong[address] = words
    assert wrong == {}


def test_dialogs_are_chinese(own: Scene) -> None:
    client = chinese_client(own.people["owner"])
    for model, step in REGISTERED:
        page = client.get(step_url(own.row(model), step)).content.decode()
        assert english(page) == set(), (model, step)


def test_what_failed_is_not_a_condition_that_does_not_hold() -> None:
    """One English word that is two in Chinese."""
    with override("zh-hans"):
        said = {str(status.label) for status in (RefundStatus.FAILED, AttemptState.FAILED)}
        assert said == {"失败"} and pgettext("condition", "Failed") == "不满足"


@pytest.mark.parametrize(("language", "text"), [("en", "Tickets"), ("zh-hans", "售后单")])
def test_the_language_is_the_users_choice(own: Scene, language: str, text: str) -> None:
    client = client_of(own.people["viewer"])
    client.post(reverse("set_language"), {"language": language})
    assert text in client.get(reverse("admin:index")).content.decode()
