"""The look of the admin: name, colours, language switch, menu."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

FAVICON = "aftersale/favicon.svg"

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Afterdesk",
    "SITE_HEADER": "Afterdesk",
    "SITE_SUBHEADER": _("After-sale desk"),
    "SITE_SYMBOL": "assignment_return",
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    # A record's history is on its page; Django's own history knows the admin's edits only.
    "SHOW_HISTORY": False,
    "STYLES": [
        lambda request: static("aftersale/admin.css"),
        lambda request: static("aftersale/desk.css"),
        # The dialogs that answer a buyer open from several pages.
        lambda request: static("aftersale/replies.css"),
    ],
    "SCRIPTS": [
        lambda request: static("aftersale/desk.js"),
        lambda request: static("aftersale/drafts.js"),
        lambda request: static("aftersale/replies.js"),
        lambda request: static("aftersale/pictures.js"),
        lambda request: static("monitoring/bell.js"),
    ],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static(FAVICON)}
    ],
    "ACCOUNT": {"navigation": [{"title": _("My account"), "link": reverse_lazy("account")}]},
    "SIDEBAR": {"navigation": "aftersale.admin.kit.menu.navigation"},
    "DASHBOARD_CALLBACK": "monitoring.admin.dashboard.page.add_to_index",
    "GLOBAL_CALLBACK": "aftersale.admin.kit.notices.for_request",
}
