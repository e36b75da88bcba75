"""The desk's pages that belong to no model (pages.py)."""

from django.urls import URLPattern, URLResolver, include, path

from aftersale.admin.desk import (
    automation_switch,
    batch,
    beside,
    dispute_evidence,
    file_mapping,
    files,
    ledgers,
    list_export,
    reject_texts,
    replies,
    saved_filters,
    sheets,
    shipping_alerts,
    trail,
    windows,
)

from .records import user
from .shop_settings.urls import urlpatterns as shop_settings

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("workbench/", include("aftersale.admin.workbench.urls")),
    path("notices/", automation_switch.notices_again, name="notices"),
    path("automation/pause/", automation_switch.pause, name="automation-pause"),
    path("automation/<int:pk>/resume/", automation_switch.resume, name="automation-resume"),
    path("automation/<int:pk>/evaluate/", automation_switch.evaluate, name="automation-evaluate"),
    path("windows/", windows.window_list, name="windows"),
    path("windows/open/<int:pk>/", windows.window_open, name="window-open"),
    path("files/", files.files, name="files"),
    path("files/<int:pk>/", files.file, name="file"),
    path("files/<int:pk>/progress/", files.progress, name="file-progress"),
    path("files/<int:pk>/refused/", files.refused, name="file-refused"),
    path("files/<int:pk>/mapping/", file_mapping.mapping, name="file-mapping"),
    path("files/<int:shop>/approve/", files.approve_fresh, name="files-approve"),
    path("funds/", ledgers.ledgers, name="funds"),
    path("funds/<int:pk>/correct/", ledgers.correct, name="fund-correct"),
    path("shipping-alerts/", shipping_alerts.list_page, name="shipping-alerts"),
    path("shipping-alerts/<int:alert_id>/", shipping_alerts.step, name="shipping-alert-step"),
    path("desk/batch/<str:step>/", batch.batch, name="batch"),
    path("export/<slug:what>/<slug:form>/", list_export.export, name="list-export"),
    path("desk/filters/save/", saved_filters.save, name="filter-save"),
    path("desk/filters/<int:filter_id>/delete/", saved_filters.delete, name="filter-delete"),
    path("replies/<int:pk>/reject/", replies.reject, name="reject"),
    path("replies/<int:pk>/negotiate/", replies.negotiate, name="negotiate"),
    path("replies/<int:pk>/outcome/", replies.negotiate_outcome, name="negotiate-outcome"),
    path("replies/<int:pk>/evidence/", dispute_evidence.page, name="dispute-evidence"),
    path("beside/<int:pk>/note/", beside.note, name="note"),
    path("beside/<int:pk>/return-parcel/", beside.enter_return, name="enter-return"),
    path("beside/<int:pk>/new-goods/", beside.send_new_goods, name="send-new-goods"),
    path("evidence/<int:pk>/", replies.picture, name="evidence"),
    path(
        "evidence/<int:pk>/platform/<str:number>/",
        replies.platform_picture,
        name="platform-picture",
    ),
    path("reject-texts/", reject_texts.page, name="reject-texts"),
    path("reject-texts/<int:shop>/<slug:reason>/", reject_texts.edit, name="reject-text"),
    path(
        "reject-texts/<int:shop>/<slug:reason>/preview/",
        reject_texts.preview,
        name="reject-text-preview",
    ),
    path("sheets/<int:shop>/<slug:code>/", sheets.sheet, name="sheet"),
    path("sheets/<int:shop>/<slug:code>/<slug:form>/", sheets.export, name="sheet-export"),
    path("trail/", trail.page, name="trail"),
    path("trail/<slug:form>/", trail.export, name="trail-export"),
    path("users/<int:pk>/change/", user.change, name="user-change"),
    path("users/<int:pk>/password-link/", user.password_link, name="user-password-link"),
    path("users/<int:pk>/forget-factors/", user.forget_factors, name="user-forget-factors"),
    *shop_settings,
]
