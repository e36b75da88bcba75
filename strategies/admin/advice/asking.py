"""The dialog that begins a search for strategies, with the owner's limits (SPEC M6)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.identifiers import split_identifiers
from strategies.models import Scenario
from strategies.services import advice

from ..editor.permitted import shop_for


class LimitsForm(forms.Form):
    may_lose = YuanField(
        label=gettext_lazy("What may go wrong a month, in yuan"),
        help_text=gettext_lazy(
            "Refunds that people would have rejected, reduced or won. With 0 only what never went"
            " wrong is proposed."
        ),
        least=0,
        initial=0,
        widget=forms.TextInput(attrs={"class": "d-input d-input--short"}),
    )
    days = forms.IntegerField(
        label=gettext_lazy("How many days of the past"),
        help_text=gettext_lazy("The last third of them is kept back, to judge what was found."),
        initial=advice.DEFAULT_DAYS,
        min_value=advice.LEAST_DAYS,
        max_value=advice.MOST_DAYS,
        widget=forms.NumberInput(attrs={"class": "d-input d-input--short"}),
    )
    scenarios = forms.MultipleChoiceField(
        label=gettext_lazy("Scenarios"),
        choices=Scenario.choices,
        required=False,
        initial=list(Scenario.values),
        widget=forms.CheckboxSelectMultiple(),
    )
    products = forms.CharField(
        label=gettext_lazy("Products left out"),
        help_text=gettext_lazy("Product numbers that no strategy may refund; commas between them."),
        max_length=60_000,
        required=False,
        widget=forms.Textarea(attrs={"class": "d-input", "rows": 2}),
    )


@desk_page
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, shop_id: int) -> HttpResponse:
    shop = shop_for(request, str(shop_id))
    form = LimitsForm(posted(request))

    def act() -> HttpResponse:
        given: dict[str, Any] = form.cleaned_data
        run = advice.begin(
            shop_id=shop.pk,
            days=given["days"],
            may_lose=given["may_lose"],
            scenarios=given["scenarios"],
            products_left_out=split_identifiers(given["products"]),
            **caller(request),
        )
        page = reverse("automation:advice-one", args=[run.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": page})

    return ask(
        request,
        "strategies/advice/ask.html",
        act=act,
        form=form,
        title=_("Search the past of %s") % shop.name,
        submit=_("Search the past"),
    )
