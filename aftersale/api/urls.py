"""The desk's part of /api/v1/."""

from django.urls import path

from .automation import PauseCall, ResumeCall
from .blocked_buyers import BlockedBuyerCall, BlockedBuyersCall
from .fund_entries import FundEntriesCall
from .reject_reasons import RejectReasonsCall
from .ship_check import ShipCheckCall
from .windows import WindowCall

app_name = "desk-api"
urlpatterns = [
    path("orders/<str:order_no>/ship-check", ShipCheckCall.as_view(), name="ship-check"),
    path("orders/<str:order_no>/window", WindowCall.as_view(), name="window"),
    path("shop/pause", PauseCall.as_view(), name="pause"),
    path("shop/resume", ResumeCall.as_view(), name="resume"),
    path("blocked-buyers", BlockedBuyersCall.as_view(), name="blocked-buyers"),
    # A platform's buyer ids may have slashes in them.
    path("blocked-buyers/<path:buyer>", BlockedBuyerCall.as_view(), name="blocked-buyer"),
    path("fund-entries", FundEntriesCall.as_view(), name="fund-entries"),
    path("reject-reasons", RejectReasonsCall.as_view(), name="reject-reasons"),
]
