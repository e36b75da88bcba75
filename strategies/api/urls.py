"""The automation's part of /api/v1/."""

from django.urls import path

from aftersale.api import numbers  # noqa: F401 - an address below names its converter

from .advice import AdviceCall
from .decisions import DecisionCall, DecisionsCall
from .priorities import PrioritiesCall
from .strategies import StrategiesCall, StrategyCall
from .tickets import TicketCall
from .trials import CancelTrialCall, TrialCall, TrialsCall, TrialTicketsCall

app_name = "automation-api"
urlpatterns = [
    path("strategies", StrategiesCall.as_view(), name="strategies"),
    path("strategies/priorities", PrioritiesCall.as_view(), name="priorities"),
    path("strategies/trial", TrialsCall.as_view(), name="trials"),
    path("strategies/trials/<int:pk>", TrialCall.as_view(), name="trial"),
    path("strategies/trials/<int:pk>/tickets", TrialTicketsCall.as_view(), name="trial-tickets"),
    path("strategies/trials/<int:pk>/cancel", CancelTrialCall.as_view(), name="trial-cancel"),
    path("strategies/<int:pk>", StrategyCall.as_view(), name="strategy"),
    path("advice", AdviceCall.as_view(), name="advice"),
    path("decisions", DecisionsCall.as_view(), name="decisions"),
    path("decisions/<int:pk>", DecisionCall.as_view(), name="decision"),
    path("tickets/<number:ticket_no>", TicketCall.as_view(), name="ticket"),
]
