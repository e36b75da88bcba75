"""A robot's messages: figures, ticket and order numbers and links, nothing of buyers (SPEC M4)."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from monitoring.models import Alert, Robot, Service
from monitoring.services.alert_texts import alert_text

# Bytes of a message that each platform takes: 2,048 of WeCom, 20,000 with what is around it of
# the others.
LONGEST = {Service.WECOM: 2_048, Service.DINGTALK: 18_000, Service.FEISHU: 18_000}
# The most alerts that a message lists; further ones are counted.
MOST_LISTED = 30


def of_alerts(robot: Robot, alerts: Sequence[Alert]) -> str:
    """Needs one alert at least; with their shop. In the robot's language."""
    with override(robot.language):
        head = ngettext(
            "Afterdesk · %(shop)s: %(count)d alert",
            "Afterdesk · %(shop)s: %(count)d alerts",
            len(alerts),
        ) % {"shop": robot.shop.name, "count": len(alerts)}
        room = LONGEST[Service(robot.service)] - _length(head) - _length(_rest(len(alerts)))
        listed: list[str] = []
        for alert in alerts[:MOST_LISTED]:
            told = _told(alert)
            if listed and _length(told) > room:
                break
            told = _cut(told, room)
            room -= _length(told)
            listed.append(told)
        more = len(alerts) - len(listed)
        return head + "".join(listed) + (_rest(more) if more else "")


def of_test(robot: Robot) -> str:
    """The message of the test button."""
    with override(robot.language):
        head = _("Afterdesk · %(shop)s: a test") % {"shop": robot.shop.name}
        text = _("Alerts of this shop arrive here.")
        return f"{head}\n\n{text}{_link(reverse('monitoring:alerts'))}"


def _told(alert: Alert) -> str:
    shown = alert_text(alert)
    return f"\n\n{shown.raised_at}  {shown.text}{_link(shown.url)}"


def _rest(more: int) -> str:
    text = ngettext("and %(more)s more", "and %(more)s more", more) % {"more": more}
    return f"\n\n{text}{_link(reverse('monitoring:alerts'))}"


def _link(path: str) -> str:
    """On a line of its own; nothing where the installation does not know its address."""
    return f"\n{settings.SITE_URL}{path}" if settings.SITE_URL else ""


def _length(text: str) -> int:
    return len(text.encode())


def _cut(text: str, room: int) -> str:
    """An alert that is longer than a whole message loses its end."""
    if _length(text) <= room:
        return text
    return text.encode()[: room - 3].decode(errors="ignore") + "…"
