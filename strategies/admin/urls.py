"""The automation's pages that belong to no model (aftersale/admin/kit/pages.py)."""

from django.urls import URLPattern, URLResolver, path

from strategies.admin.advice import asking as advice_asking
from strategies.admin.advice import views as advice
from strategies.admin.board import checkup, priority_board
from strategies.admin.records import compare_revisions

from . import suggestions
from .editor import dialogs, goods, views
from .explaining.views import explain_now
from .search.export import export
from .trials import asking, whatif
from .trials import views as trials

app_name = "automation"
_STRATEGY = "strategies/strategy/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("strategies/explain/<int:pk>/", explain_now, name="explain-now"),
    path("strategies/decisions/export/<slug:kind>/", export, name="decisions-export"),
    path("strategies/board/", priority_board.board, name="board"),
    path(
        "strategies/board/<int:shop_id>/<str:scenario>/", priority_board.order, name="board-order"
    ),
    path("strategies/review/", checkup.page, name="review"),
    path(f"{_STRATEGY}new/", views.picker, name="strategy-new"),
    path(f"{_STRATEGY}new/<slug:key>/", views.add, name="strategy-add"),
    path(f"{_STRATEGY}sentence/", views.preview, name="strategy-sentence"),
    path(f"{_STRATEGY}goods/<int:shop>/<slug:what>/", goods.seen, name="goods-seen"),
    path(f"{_STRATEGY}what-if/", whatif.typed, name="what-if"),
    path(f"{_STRATEGY}what-if/caps/", whatif.typed_caps, name="what-if-caps"),
    path(f"{_STRATEGY}<int:pk>/edit/", views.edit, name="strategy-edit"),
    path(f"{_STRATEGY}<int:pk>/duplicate/", views.duplicate, name="strategy-duplicate"),
    path(f"{_STRATEGY}<int:pk>/enable/", dialogs.enable, name="strategy-enable"),
    path(f"{_STRATEGY}<int:pk>/disable/", dialogs.disable, name="strategy-disable"),
    path(f"{_STRATEGY}<int:pk>/remove/", dialogs.delete, name="strategy-delete"),
    path(f"{_STRATEGY}<int:pk>/revisions/", compare_revisions.revisions, name="revisions"),
    path(f"{_STRATEGY}<int:pk>/try/", asking.switch, name="trial-switch"),
    path("strategies/try/pause/", asking.pause, name="trial-pause"),
    path("strategies/what-if/pause/<int:shop_id>/", whatif.pause, name="what-if-pause"),
    path("strategies/what-if/<int:shop_id>/<str:scenario>/", whatif.order, name="what-if-order"),
    path("strategies/try/present/", asking.present, name="trial-present"),
    path("strategies/try/<int:shop_id>/<str:scenario>/", asking.order, name="trial-order"),
    path("strategies/advice/", advice.page, name="advice"),
    path("strategies/advice/new/<int:shop_id>/", advice_asking.begin, name="advice-begin"),
    path("strategies/advice/<int:pk>/", advice.one, name="advice-one"),
    path("strategies/advice/<int:pk>/progress/", advice.progress, name="advice-progress"),
    path("strategies/advice/<int:pk>/cancel/", advice.cancel, name="advice-cancel"),
    path("strategies/advice/<int:pk>/drafts/", advice.drafts, name="advice-drafts"),
    path("strategies/advice/<int:pk>/try/", advice.try_drafts, name="advice-try"),
    path(
        "strategies/advice/<int:pk>/change/<int:strategy_id>/",
        advice.draft_change,
        name="advice-change",
    ),
    path(
        "strategies/advice/<int:pk>/change/<int:strategy_id>/try/",
        advice.try_change,
        name="advice-try-change",
    ),
    path("strategies/suggestions/", suggestions.page, name="suggestions"),
    path("strategies/suggestions/file/", suggestions.as_file, name="suggestions-file"),
    path("strategies/trials/", trials.listing, name="trials"),
    path("strategies/trialrun/", trials.leads_to_listing, name="trials-as-a-model"),
    path("strategies/trials/<int:pk>/", trials.trial, name="trial"),
    path("strategies/trials/<int:pk>/progress/", trials.progress, name="trial-progress"),
    path("strategies/trials/<int:pk>/cancel/", trials.cancel, name="trial-cancel"),
    path("strategies/trials/<int:pk>/tickets/", trials.tickets, name="trial-tickets"),
]
