"""Group robots in a shop's settings, for its owners and admins (SPEC M4, P1)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aftersale.admin.kit import columns
from aftersale.admin.kit.dialogs import ask, attempt, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.admin.shop_settings.frame import SettingsForm, owned_shop, section
from aftersale.models import Shop
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound
from aftersale.services.shared.shown import format_time
from monitoring.models import AlertKind, Robot
from monitoring.services.alert_rights import NOTES
from monitoring.services.robots import settings

# For so long the page looks again for what came of a test.
_WATCHED = timedelta(seconds=40)


class RobotForm(SettingsForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=settings.LONGEST_NAME,
        help_text=gettext_lazy("For example the name of the group."),
    )
    address = forms.CharField(
        label=gettext_lazy("Webhook address"),
        max_length=300,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "https://"}
        ),
        help_text=gettext_lazy(
            "WeCom, DingTalk or Feishu: group settings, group robots, add one, copy its address."
            " Where the robot asks for a keyword: Afterdesk."
        ),
    )
    secret = forms.CharField(
        label=gettext_lazy("DingTalk's signing secret"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "SEC…"}),
        help_text=gettext_lazy("Only where the robot was made with signing."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Tell of"),
        choices=AlertKind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what it is to tell of.")},
    )
    told_from = forms.TimeField(
        label=gettext_lazy("Each day from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    told_until = forms.TimeField(
        label=gettext_lazy("Each day until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy(
            "By the shop's clock. What comes up outside these hours is told when they begin,"
            " unless it is over by then. Both empty: at any hour."
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=django_settings.LANGUAGES)


class ChangeForm(RobotForm):
    """The address stays as it is where none is entered: it is never shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].required = False
        self.fields["address"].help_text = _("Left empty, address and secret stay as they are.")


@desk_page
def robots(request: HttpRequest, pk: int) -> HttpResponse:
    shop = _shop(request, pk)
    found = list(shop.robots.select_related("created_by"))
    return section(
        request,
        shop,
        "monitoring:robots",
        right=Right.MANAGE_ROBOTS,
        robots=[_row(shop, robot) for robot in found],
        most=settings.MOST,
        look_again=any(_is_watched(robot) for robot in found),
    )


@desk_page
def add(request: HttpRequest, pk: int) -> HttpResponse:
    shop = _shop(request, pk)
    form = RobotForm(
        posted(request),
        initial={
            "kinds": [kind for kind in AlertKind.values if kind not in NOTES],
            "language": get_language(),
        },
    )

    return _form(
        request,
        form,
        partial(settings.create, shop_id=shop.pk),
        title=_("Add a group robot"),
        submit=_("Add the robot"),
        said=_("The robot is added. Send a test message to see whether it works."),
    )


@desk_page
def change(request: HttpRequest, pk: int, robot: int) -> HttpResponse:
    row = _robot(_shop(request, pk), robot)
    kept = ("name", "kinds", "told_from", "told_until", "language")
    form = ChangeForm(posted(request), initial={name: getattr(row, name) for name in kept})

    return _form(
        request,
        form,
        partial(settings.change, robot_id=row.pk),
        title=_("Change the robot"),
        submit=_("Save"),
        said=_("The robot is changed."),
    )


@require_POST
@desk_page
def test(request: HttpRequest, pk: int, robot: int) -> HttpResponse:
    row = _robot(_shop(request, pk), robot)

    def act() -> HttpResponse:
        settings.ask_for_test(robot_id=row.pk, **caller(request))
        return done(_("A test message is on its way."))

    return attempt(act, lambda refused: done(refused.message, kind="danger"))


@desk_page
def switch_on(request: HttpRequest, pk: int, robot: int) -> HttpResponse:
    return _step(
        request,
        pk,
        robot,
        settings.switch_on,
        title=_("Switch the robot on"),
        text=_("What comes up from now on is told. What came up while it was off is not."),
        submit=_("Switch on"),
        said=_("The robot is switched on."),
        submit_kind="primary",
    )


@desk_page
def switch_off(request: HttpRequest, pk: int, robot: int) -> HttpResponse:
    return _step(
        request,
        pk,
        robot,
        settings.switch_off,
        title=_("Switch the robot off"),
        text=_("Nothing more is told in its group. The alerts stay here, and in mails."),
        submit=_("Switch off"),
        said=_("The robot is switched off."),
    )


@desk_page
def remove(request: HttpRequest, pk: int, robot: int) -> HttpResponse:
    return _step(
        request,
        pk,
        robot,
        settings.remove,
        title=_("Remove the robot"),
        text=_("Nothing more is told in its group, and its address is deleted here."),
        submit=_("Remove the robot"),
        said=_("The robot is removed."),
    )


def _shop(request: HttpRequest, pk: int) -> Shop:
    return owned_shop(request, pk, Right.MANAGE_ROBOTS)


def _robot(shop: Shop, pk: int) -> Robot:
    robot = shop.robots.filter(pk=pk).first()
    if robot is None:
        raise NotFound(_("There is no such robot."))
    return robot


def _form(
    request: HttpRequest, form: RobotForm, call: Callable[..., Any], *, said: str, **shown: Any
) -> HttpResponse:
    def act() -> HttpResponse:
        call(**form.cleaned_data, **caller(request))
        return done(said)

    return ask(request, "monitoring/robot_form.html", act=act, form=form, **shown)


def _step(
    request: HttpRequest,
    pk: int,
    robot: int,
    call: Callable[..., Any],
    *,
    said: str,
    submit_kind: str = "danger",
    **shown: Any,
) -> HttpResponse:
    row = _robot(_shop(request, pk), robot)

    def act() -> HttpResponse:
        call(robot_id=row.pk, **caller(request))
        return done(said)

    template = "aftersale/shop_settings/webhook_ask.html"
    return ask(request, template, act=act, submit_kind=submit_kind, **shown)


def _row(shop: Shop, robot: Robot) -> dict[str, Any]:
    """A robot's row; its address is shown to nobody."""
    retry = robot.next_try_at if robot.enabled else None
    return {
        "pk": robot.pk,
        "name": robot.name,
        "service": robot.get_service_display(),
        "enabled": robot.enabled,
        "kinds": [AlertKind(kind).label for kind in robot.kinds],
        "every_kind": len(robot.kinds) == len(AlertKind),
        "hours": f"{robot.told_from:%H:%M}–{robot.told_until:%H:%M}"
        if robot.told_from and robot.told_until
        else "",
        "language": robot.get_language_display(),
        "last": format_time(robot.last_success_at, shop) if robot.last_success_at else "",
        "failing": format_time(robot.failing_since, shop) if robot.failing_since else "",
        "failure": robot.get_failure_display(),
        "answer": robot.answer,
        "again": format_time(retry, shop) if retry else "",
        "testing": _is_watched(robot),
        "made": format_time(robot.created_at, shop),
        "made_by": columns.name(robot.created_by),
    }


def _is_watched(robot: Robot) -> bool:
    return bool(robot.test_asked_at and timezone.now() - robot.test_asked_at < _WATCHED)
