"""SPEC P1: lists, searches, filters, autocomplete and forms know of the user's shops alone.

What is registered is walked: whatever is added is too. The pages themselves: test_roles.py.
"""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from aftersale.admin.kit.model_admin import ScopedAdmin
from strategies.models import Decision, Strategy

from .clients import body, client_of, url
from .scene import Scene

SCOPED = [model for model, site in admin.site._registry.items() if isinstance(site, ScopedAdmin)]
OPERATORS = [model for model in admin.site._registry if model not in SCOPED]
MINE = ("aftersale", "strategies")


def test_every_model_of_a_shop_is_scoped() -> None:
    """A model with a way to a shop is never registered in another way."""
    for model in admin.site._registry:
        fields = {field.name for field in model._meta.fields}
        if "shop" in fields and model._meta.model_name != "evaluatorlane":
            assert model in SCOPED, model


def test_every_model_of_the_project_has_a_page() -> None:
    shown_in_another = {
        # on the page of their order or shop
        "OrderLine", "CommissionSplit", "FastRefundPeriod", "OrderShipping", "Shipment",
        "ApprovalLimit", "ApprovalRequest",  # among the settings, and with the case
        "ShopRequest", "ReturnFreight",
        "PlatformStep", "PlatformFacts",  # beside the case that they are about
        "AfterSaleWindow", "CaseVisit", "CommissionReturn", "EvidenceFile", "Negotiation",
        "AdviceRun", "DecisionTally", "TrialEvaluation", "TrialRun",
        "OfferText", "RejectReasonTemplate", "Rejection",
        "SavedFilter", "ShippingAlert", "ApiToken", "WebhookEndpoint", "WebhookMessage",
        "FileImport", "ImportFile", "ImportPiece", "ImportRow", "ColumnMapping", "ExportedLine",
        "AccountLink",  # on the page of members, and of users
        "PastEdition",  # a counter for files
        "ErasedBuyer",  # hashes, nothing to see
        "AuditEntry",  # on the trail's own page
        "IdempotentCall",  # between programs
        "PlatformAccount", "PlatformMessage", "PlatformProblem",
        "PlatformAuthorisation", "PlatformCalls", "PlatformRead", "FeedEvent",
    }  # fmt: skip
    own = [model for label in MINE for model in apps.get_app_config(label).get_models()]
    missing = {model.__name__ for model in own if model not in admin.site._registry}
    assert missing == shown_in_another


def test_nothing_of_another_shop_is_found(own: Scene, foreign: Scene) -> None:
    """Neither by searching, nor by filtering for a shop, nor in the menu's search."""
    client = client_of(own.people["owner"])
    pages = [reverse("admin:index"), reverse("admin:search") + "?s=their&extended=1"]
    pages += [reverse("admin:app_list", args=[label]) for label in MINE]
    for model in SCOPED:
        pages += [
            url(model, "changelist") + "?q=their",
            url(model, "changelist") + f"?shop={foreign.shop.pk}",
        ]
    for address in pages:
        assert "theirs" not in body(client, address), address


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
