"""Saved filters of the workbench: each person's own, and nothing but known parameters."""

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import SavedFilter
from aftersale.services.desk import saved_filters
from aftersale.services.shared.errors import NotFound, Refused
from tests.factories import make_user

from .clients import client_of
from .scene import Scene

HERE = "http://testserver/admin/desk/?"


@pytest.fixture
def own(own: Scene) -> Scene:
    """Nobody has saved anything yet."""
    SavedFilter.objects.all().delete()
    return own


def save(client: Client, name: str, query: str) -> tuple[int, str]:
    client.cookies["django_language"] = "en"
    address = {"HX-Current-URL": HERE + query}
    response = client.post(reverse("desk:filter-save"), {"name": name}, headers=address)
    return response.status_code, response.content.decode()


def delete(client: Client, saved: SavedFilter) -> tuple[int, str]:
    response = client.post(reverse("desk:filter-delete", args=[saved.pk]))
    return response.status_code, response.content.decode()


def test_what_is_shown_is_kept_under_a_name(own: Scene) -> None:
    client = client_of(own.people["viewer"])
    status, text = save(client, "  Big   ones ", "q=a%20b&queue=overdue&page=7&case=3")
    saved = SavedFilter.objects.get()
    assert (saved.user, saved.name) == (own.people["viewer"], "Big ones")
    assert saved.query == "queue=overdue&q=a+b"
    assert status == 200 and 'href="?queue=overdue&amp;q=a+b">Big ones</a>' in text
    save(client, "Big ones", "queue=all")
    assert SavedFilter.objects.get().query == "queue=all"
    assert delete(client, saved)[0] == 200
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("?queue=all", "queue=all"),
        ("type=exchange&type=refund_only", "type=exchange&type=refund_only"),
        ("next=https://elsewhere.example/&queue=all", "queue=all"),
        ("q=//elsewhere.example", "q=%2F%2Felsewhere.example"),
        ("q=&queue=", ""),
        ("q=%3Cscript%3E%26%23", "q=%3Cscript%3E%26%23"),
        ("queue=all#javascript:alert(1)", "queue=all%23javascript%3Aalert%281%29"),
    ],
)
def test_only_known_parameters_are_kept(query: str, kept: str) -> None:
    """Only the query is kept, so that a link made of it leads to the workbench and nowhere else."""
    assert saved_filters.known(query) == kept


def test_a_name_is_shown_as_text(own: Scene) -> None:
    _status, text = save(client_of(own.people["viewer"]), "<b>bold</b>", "queue=all")
    assert "<b>" not in text and "&lt;b&gt;bold&lt;/b&gt;" in text


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        (" ", "queue=all", "Give the filter a name."),
        ("n" * 65, "queue=all", "A name has at most 64 characters."),
        ("long", "q=" + "x" * 1_000, "This filter is too long to be saved."),
    ],
)
def test_refusals_are_shown(own: Scene, name: str, query: str, said: str) -> None:
    status, text = save(client_of(own.people["viewer"]), name, query)
    assert status == 422 and said in text
    assert not SavedFilter.objects.exists()


def test_there_is_an_end_to_them(db: None) -> None:
    user = make_user()
    for number in range(saved_filters.MOST):
        saved_filters.save(name=f"f{number}", query="queue=all", user=user)
    with pytest.raises(Refused, match="At most 30 filters can be saved: delete one first"):
        saved_filters.save(name="one more", query="queue=all", user=user)
    saved_filters.save(name="f0", query="queue=mine", user=user)
    assert SavedFilter.objects.count() == saved_filters.MOST


def test_nobody_sees_or_deletes_anothers(own: Scene) -> None:
    """A colleague of the same shop neither, nor an operator: they are personal."""
    saved = saved_filters.save(name="hers", query="queue=all", user=own.people["owner"])
    colleague = client_of(own.people["admin"])
    status, text = delete(colleague, saved)
    assert status == 422 and "hers" not in text
    assert "hers" not in save(colleague, "his", "queue=all")[1]
    with pytest.raises(NotFound):
        saved_filters.delete(filter_id=saved.pk, user=own.people["admin"])
    assert SavedFilter.objects.count() == 2


def test_only_members_and_only_by_post(own: Scene) -> None:
    outsider = client_of(make_user())
    assert save(outsider, "mine", "queue=all")[0] == 403
    assert Client().post(reverse("desk:filter-save"), {"name": "x"}).status_code == 302
    assert client_of(own.people["viewer"]).get(reverse("desk:filter-save")).status_code == 405
    assert not SavedFilter.objects.exists()
