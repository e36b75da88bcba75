"""The desk's part of /api/v1/."""

from django.urls import path

from .reject_reasons import RejectReasonsCall
from .ship_check import ShipCheckCall

app_name = "desk-api"
urlpatterns = [
    path("orders/<str:order_no>/ship-check", ShipCheckCall.as_view(), name="ship-check"),
    path("reject-reasons", RejectReasonsCall.as_view(), name="reject-reasons"),
]
