"""The look of the admin: name, colours, language switch."""

from typing import Any

from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Afterdesk",
    "SITE_HEADER": "Afterdesk",
    "SITE_SUBHEADER": _("After-sale desk"),
    "SITE_SYMBOL": "assignment_return",
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        # A calm teal: red, amber and green stay free to mean something.
        "primary": {
            "50": "oklch(97.5% .014 200)",
            "100": "oklch(94.5% .03 200)",
            "200": "oklch(89.5% .05 200)",
            "300": "oklch(82.5% .075 200)",
            "400": "oklch(72% .09 202)",
            "500": "oklch(61% .09 204)",
            "600": "oklch(52% .08 206)",
            "700": "oklch(45% .07 208)",
            "800": "oklch(39% .055 210)",
            "900": "oklch(34% .045 212)",
            "950": "oklch(26% .035 214)",
        },
    },
}
