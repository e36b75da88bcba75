"""The first steps of a shop: which there are, and how far one is (SPEC P1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.models import ConnectorKind, Order, Role, Shop, Ticket


@dataclass(frozen=True)
class Step:
    title: Any
    text: Any
    is_done: bool
    # Label and address of the pages where it is done; none while an earlier step has to be done.
    links: tuple[tuple[Any, str], ...] = ()
    # Advised: the list is over without it.
    is_needed: bool = True


# In this order; the automation adds its own: imports go one way.
STEPS: list[Callable[[Shop], list[Step]]] = []


def steps_of(shop: Shop) -> list[Step]:
    return [step for part in STEPS for step in part(shop)]


def are_over(steps: list[Step]) -> bool:
    return all(step.is_done for step in steps if step.is_needed)


def _of_the_desk(shop: Shop) -> list[Step]:
    members = list(shop.memberships.filter(user__is_active=True).values_list("role", flat=True))
    return [
        _data(shop),
        *_fresh_files(shop),
        _hours(shop),
        _owner(shop, members),
        _colleagues(shop, members),
        _fast_refund(shop),
    ]


def _data(shop: Shop) -> Step:
    came = shop.connector != ConnectorKind.MANUAL
    came = came or Order.objects.filter(shop=shop).exists()
    return Step(
        _("Orders and after-sale requests"),
        _("Connect the shop to its platform, or bring a file exported from its back office."),
        came or Ticket.objects.filter(shop=shop).exists(),
        (
            (_("Connect the platform"), reverse("desk:shop-platform", args=[shop.pk])),
            (_("Bring a file"), f"{reverse('desk:files')}?shop={shop.pk}"),
        ),
    )


def _fresh_files(shop: Shop) -> list[Step]:
    """SPEC O11: without it what files bring is only suggested, whatever is enabled."""
    if shop.connector != ConnectorKind.MANUAL or not shop.file_imports.exists():
        return []
    return [
        Step(
            _("Automatic approval of fresh files"),
            _(
                "What files bring is suggested, and a person takes it over. Requests of an export"
                " younger than 30 minutes can be approved by themselves."
            ),
            shop.approves_exports,
            ((_("Choose how files are decided"), f"{reverse('desk:files')}?shop={shop.pk}"),),
            is_needed=False,
        )
    ]


def _hours(shop: Shop) -> Step:
    return Step(
        _("Hours of customer service"),
        _("When people are at the desk. Strategies can take over for the rest of the day."),
        any(shop.working_hours.values()),
        ((_("Set the hours"), reverse("desk:shop-settings", args=[shop.pk])),),
    )


def _owner(shop: Shop, members: list[str]) -> Step:
    invited = shop.invitations.filter(
        role=Role.OWNER, used_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
    )
    return Step(
        _("Owner"),
        _("Somebody owns the shop: connects it, sets its hours and answers for its members."),
        Role.OWNER in members or invited.exists(),
        ((_("Invite the owner"), reverse("desk:shop-members", args=[shop.pk])),),
    )


def _colleagues(shop: Shop, members: list[str]) -> Step:
    return Step(
        _("Colleagues"),
        _("Invite customer service by a link, each with a role. Who works alone leaves this out."),
        len(members) > 1,
        ((_("Invite colleagues"), reverse("desk:shop-members", args=[shop.pk])),),
        is_needed=False,
    )


def _fast_refund(shop: Shop) -> Step:
    return Step(
        _("Fast refund"),
        _("Small orders that are not shipped are refunded at once, where the shop takes part."),
        shop.fast_refund_periods.filter(ends_at=None).exists(),
        ((_("Look at fast refund"), reverse("desk:shop-fast-refund", args=[shop.pk])),),
        is_needed=False,
    )


STEPS.append(_of_the_desk)
