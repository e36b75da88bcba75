"""The strategies and shops that a request may change, looked up in the user's shops (SPEC P1)."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from aftersale.admin.kit import access
from aftersale.domain.digits import whole_number
from aftersale.models import Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound
from strategies.models import Strategy


def strategy_for(request: HttpRequest, pk: int) -> Strategy:
    """The strategy, if this person may change it. Raises NotFound or NotAllowed."""
    seen = rights.scoped(Strategy.objects.filter(deleted_at=None), access.person(request))
    strategy = seen.select_related("shop").filter(pk=pk).first()
    if strategy is None:
        raise NotFound(_("There is no such strategy."))
    rights.require(access.person(request), strategy.shop_id, Right.CHANGE_STRATEGIES)
    return strategy


def shop_for(request: HttpRequest, pk: str | None) -> Shop:
    """The shop, if this person may add strategies to it. Raises NotFound or NotAllowed."""
    key = whole_number(str(pk)) or 0
    seen = rights.shops_of(access.person(request))
    shop = seen.filter(pk=key).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    rights.require(access.person(request), shop.pk, Right.CHANGE_STRATEGIES)
    return shop


def shops_for(request: HttpRequest) -> list[Shop]:
    """The shops in which this person may add strategies."""
    shops = rights.shops_of(access.person(request), Right.CHANGE_STRATEGIES)
    return list(shops.order_by("name", "pk")[: access.MOST_SHOPS])


def seen_revision(request: HttpRequest) -> int:
    """The revision that the person's page showed; 0, which no strategy has, if unreadable."""
    return whole_number(request.POST.get("revision", ""), digits=9) or 0


def typed_over(request: HttpRequest, shop: Shop) -> int | None:
    """The strategy of the shop that the form changes; None where it is a new one."""
    key = whole_number(request.POST.get("strategy", "")) or 0
    own = Strategy.objects.filter(pk=key, shop=shop, deleted_at=None)
    return own.values_list("pk", flat=True).first()
