"""SPEC P1: nobody sees or touches anything of a shop that they are no member of.

One walk over every registered admin: whatever is added to the admin is walked too, and a model
that the scene has no row of fails the test.
"""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from aftersale.admin.scoped import ScopedAdmin
from aftersale.models import Ticket
from strategies.models import Decision, Strategy

from .scene import Scene

SCOPED = [model for model, site in admin.site._registry.items() if isinstance(site, ScopedAdmin)]
OPERATORS = [model for model in admin.site._registry if model not in SCOPED]
MINE = ("aftersale", "strategies")


def url(model: type[models.Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body(client: Client, address: str) -> str:
    response = client.get(address, follow=True)
    assert response.status_code in (200, 403, 404), address
    return response.content.decode()


def test_every_model_of_a_shop_is_scoped() -> None:
    """A model with a way to a shop is never registered in another way."""
    for model in admin.site._registry:
        fields = {field.name for field in model._meta.fields}
        if "shop" in fields and model._meta.model_name != "evaluatorlane":
            assert model in SCOPED, model


def test_every_model_of_the_project_has_a_page() -> None:
    shown_in_another = {
        "OrderLine", "CommissionSplit", "FastRefundPeriod",  # on the page of their order or shop
        "AfterSaleWindow", "CaseVisit", "CommissionReturn", "EvidenceFile", "Negotiation",
        "DecisionTally", "TrialEvaluation", "TrialRun", "RejectReasonTemplate", "Rejection",
        "SavedFilter", "ShippingAlert",
    }  # fmt: skip
    own = [model for label in MINE for model in apps.get_app_config(label).get_models()]
    missing = {model.__name__ for model in own if model not in admin.site._registry}
    assert missing == shown_in_another


def test_members_see_their_own(own: Scene) -> None:
    client = client_of(own.people["viewer"])
    for model in SCOPED:
        row = own.row(model)
        assert client.get(url(model, "changelist")).status_code == 200, model
        page = client.get(url(model, "change", row.pk))
        assert page.status_code == 200, model
    assert "mine-ticket" in body(client, url(Ticket, "changelist"))


def test_nothing_of_another_shop_shows(own: Scene, foreign: Scene) -> None:
    """The owner's pages are those with the most on them."""
    client = client_of(own.people["owner"])
    pages = [reverse("admin:index"), reverse("admin:search") + "?s=their&extended=1"]
    for model in SCOPED:
        key = foreign.row(model).pk
        pages += [
            url(model, "changelist"),
            url(model, "changelist") + "?q=their",
            url(model, "changelist") + f"?shop={foreign.shop.pk}",
            url(model, "change", key),
        ]
        if admin.site._registry[model].add_right:
            pages.append(url(model, "add"))
    for address in pages:
        text = body(client, address)
        assert "theirs" not in text, address


def test_another_shops_objects_do_not_exist(own: Scene, foreign: Scene) -> None:
    client = client_of(own.people["owner"])
    for model in SCOPED:
        for page in ("change", "history", "delete"):
            for send in (client.get, client.post):
                response = send(url(model, page, foreign.row(model).pk))
                assert response.status_code in (302, 403, 404), (model, page)
    for row in foreign.rows:
        row.refresh_from_db()


def test_filters_of_another_shop_find_nothing(own: Scene, foreign: Scene) -> None:
    """A guessed key in a filter neither finds nor tells whether there is something."""
    client = client_of(own.people["owner"])
    response = client.get(url(Decision, "changelist"), {"strategy": foreign.row(Strategy).pk})
    assert response.context["cl"].result_count == 0


@pytest.mark.parametrize("term", ["theirs-ticket", "theirs-order", "theirs-buyer"])
def test_searches_find_nothing_of_another_shop(own: Scene, foreign: Scene, term: str) -> None:
    client = client_of(own.people["owner"])
    for model in SCOPED:
        if admin.site._registry[model].search_fields:
            response = client.get(url(model, "changelist"), {"q": term})
            assert response.context["cl"].result_count == 0, model


def test_autocomplete_is_scoped(own: Scene, foreign: Scene) -> None:
    client = client_of(own.people["owner"])
    for model in SCOPED:
        for field in model._meta.fields:
            if not field.is_relation:
                continue
            response = client.get(
                reverse("admin:autocomplete"),
                {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                    "term": "theirs",
                },
            )
            assert response.status_code in (200, 403, 404)
            if response.status_code == 200:
                assert "theirs" not in response.content.decode().replace('"term"', "")


def test_forms_offer_own_shops_only(own: Scene, foreign: Scene) -> None:
    client = client_of(own.people["owner"])
    for model in SCOPED:
        site = admin.site._registry[model]
        if site.add_right is None:
            continue
        form = client.get(url(model, "add")).context["adminform"].form
        assert list(form.fields["shop"].queryset) == [own.shop]


@pytest.mark.parametrize("who", ["stranger", "outsider", "anonymous"])
def test_others_get_nowhere(own: Scene, who: str) -> None:
    """A member of no shop; somebody without is_staff; nobody."""
    client = Client()
    if who != "anonymous":
        client.force_login(User.objects.create_user(who, is_staff=who == "stranger"))
    for model in [*SCOPED, *OPERATORS]:
        for page, args in (("changelist", ()), ("add", ())):
            response = client.get(url(model, page, *args))
            assert response.status_code in (302, 403), (model, page)
    assert "mine-" not in body(client, reverse("admin:index"))


def test_operators_pages_are_theirs(own: Scene, operator: User) -> None:
    owner, client = client_of(own.people["owner"]), client_of(operator)
    for model in OPERATORS:
        assert owner.get(url(model, "changelist")).status_code == 403, model
        assert client.get(url(model, "changelist")).status_code == 200, model
    for model in SCOPED:
        assert client.get(url(model, "change", own.row(model).pk)).status_code == 200, model


def test_records_are_read_only(own: Scene, operator: User) -> None:
    """Money, decisions, events and revisions change through services alone, for operators too."""
    writable = {
        "SandboxInstruction": {"add", "change", "delete"},
        "BlockedBuyer": {"add", "delete"},
    }
    client = client_of(operator)
    for model in SCOPED:
        allowed = writable.get(model.__name__, set())
        row = own.row(model)
        for page, args in (("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
            if page in allowed:
                continue
            response = client.post(url(model, page, *args), {"post": "yes", "amount": "1"})
            assert response.status_code == 403, (model, page)
        row.refresh_from_db()
