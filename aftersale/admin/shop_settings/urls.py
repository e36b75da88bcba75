"""The addresses of a shop's settings, under /admin/shops/."""

from django.urls import URLPattern, path

from . import (
    deadlines,
    fast_refund,
    frame,
    guards,
    hours,
    members,
    offered_holidays,
    services,
    special_days,
    tokens,
    webhook_log,
    webhooks,
)

_SHOP = "shops/<int:pk>/settings/"
_WEBHOOK = f"{_SHOP}webhooks/<int:endpoint>/"
urlpatterns: list[URLPattern] = [
    path("shops/settings/", frame.chooser, name="shop-settings-chooser"),
    path(_SHOP, hours.hours, name="shop-settings"),
    path(f"{_SHOP}hours/", hours.draft, name="shop-hours-draft"),
    path(f"{_SHOP}special-days/", special_days.special_days, name="shop-special-days"),
    path(f"{_SHOP}special-days/add/", special_days.add, name="shop-special-day-add"),
    path(f"{_SHOP}special-days/holidays/", offered_holidays.offer, name="shop-holidays"),
    path(
        f"{_SHOP}special-days/<str:first>/<str:last>/",
        special_days.change,
        name="shop-special-day-change",
    ),
    path(
        f"{_SHOP}special-days/<str:first>/<str:last>/remove/",
        special_days.remove,
        name="shop-special-day-remove",
    ),
    path(f"{_SHOP}fast-refund/", fast_refund.fast_refund, name="shop-fast-refund"),
    path(f"{_SHOP}fast-refund/in/", fast_refund.opt_in, name="shop-fast-refund-in"),
    path(f"{_SHOP}fast-refund/out/", fast_refund.opt_out, name="shop-fast-refund-out"),
    path(f"{_SHOP}guards/", guards.guards, name="shop-guards"),
    path(f"{_SHOP}guards/off/", guards.switch_off, name="shop-guards-off"),
    path(f"{_SHOP}guards/block/", guards.block, name="shop-block"),
    path(f"{_SHOP}guards/block/<int:blocked>/", guards.unblock, name="shop-unblock"),
    path(f"{_SHOP}services/", services.services, name="shop-services"),
    path(f"{_SHOP}deadlines/", deadlines.deadlines, name="shop-deadlines"),
    path(f"{_SHOP}members/", members.members, name="shop-members"),
    path(f"{_SHOP}members/add/", members.add, name="shop-member-add"),
    path(f"{_SHOP}members/<int:member>/", members.change_role, name="shop-member-role"),
    path(f"{_SHOP}members/<int:member>/remove/", members.remove, name="shop-member-remove"),
    path(f"{_SHOP}tokens/", tokens.tokens, name="shop-tokens"),
    path(f"{_SHOP}tokens/add/", tokens.add, name="shop-token-add"),
    path(f"{_SHOP}tokens/<int:token>/revoke/", tokens.revoke, name="shop-token-revoke"),
    path(f"{_SHOP}webhooks/", webhooks.webhooks, name="shop-webhooks"),
    path(f"{_SHOP}webhooks/add/", webhooks.add, name="shop-webhook-add"),
    path(f"{_WEBHOOK}change/", webhooks.change, name="shop-webhook-change"),
    path(f"{_WEBHOOK}rotate/", webhooks.rotate, name="shop-webhook-rotate"),
    path(f"{_WEBHOOK}on/", webhooks.switch_on, name="shop-webhook-on"),
    path(f"{_WEBHOOK}off/", webhooks.switch_off, name="shop-webhook-off"),
    path(f"{_WEBHOOK}remove/", webhooks.remove, name="shop-webhook-remove"),
    path(_WEBHOOK, webhook_log.log, name="shop-webhook"),
    path(f"{_WEBHOOK}test/", webhook_log.test, name="shop-webhook-test"),
    path(f"{_WEBHOOK}again/", webhook_log.failed_again, name="shop-webhook-again"),
    path(
        f"{_WEBHOOK}messages/<int:message>/again/",
        webhook_log.again,
        name="shop-webhook-message-again",
    ),
]
