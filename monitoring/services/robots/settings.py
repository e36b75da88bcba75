"""Group robots of a shop, for its owners and admins (SPEC M4, P1). Nobody reads their keys."""

from collections.abc import Sequence
from datetime import datetime, time

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.functional import Promise

from aftersale.domain.identifiers import is_visible
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import AuditKind
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused
from config.queue import TELL, wake
from config.secrets import seal
from monitoring.models import AlertKind, Robot, Service
from monitoring.services.robots import sending
from monitoring.services.robots.addresses import read_address, read_secret

# Most robots of a shop.
MOST = 10
LONGEST_NAME = 60


def find(*, robot_id: int, user: User) -> Robot:
    """The robot, for those who may change it."""
    robot = scoped(Robot.objects.all(), user).filter(pk=robot_id).first()
    if robot is None:
        raise NotFound(_("There is no such robot."))
    require(user, robot.shop_id, Right.MANAGE_ROBOTS)
    return robot


def create(
    *,
    shop_id: int,
    name: str,
    address: str,
    secret: str,
    kinds: Sequence[str],
    told_from: time | None,
    told_until: time | None,
    language: str,
    user: User,
    now: datetime,
) -> Robot:
    """A new robot, switched on."""
    require(user, shop_id, Right.MANAGE_ROBOTS)
    found = read_address(address)
    signed = read_secret(secret, found.service)
    robot = Robot(
        shop_id=shop_id,
        service=found.service,
        key=seal(found.key),
        secret=seal(signed) if signed else "",
        created_at=now,
        created_by=user,
    )
    _describe(robot, name, kinds, told_from, told_until, language)
    with transaction.atomic():
        # Under the shop's lock, so that two people at once don't both add the last one.
        locks.lock_shop(shop_id)
        if Robot.objects.filter(shop=shop_id).count() >= MOST:
            raise Refused(_("A shop has at most %(most)d group robots.") % {"most": MOST})
        robot.save()
        _write(robot, _("made, tells of: %s") % _kinds(robot), user=user, now=now)
    return robot


@transaction.atomic
def change(
    *,
    robot_id: int,
    name: str,
    address: str,
    secret: str,
    kinds: Sequence[str],
    told_from: time | None,
    told_until: time | None,
    language: str,
    user: User,
    now: datetime,
) -> Robot:
    """Changes a robot; without an address it keeps its own, with the secret.

    What waits goes to the new address, too.
    """
    robot, changes = _locked(robot_id, user), []
    before = _described(robot)
    if address.strip():
        found = read_address(address)
        signed = read_secret(secret, found.service)
        robot.service, robot.key = found.service, seal(found.key)
        robot.secret = seal(signed) if signed else ""
        _start_again(robot)
        changes.append(_("new address"))
    elif secret.strip():
        robot.secret = seal(read_secret(secret, robot.service))
        _start_again(robot)
        changes.append(_("new secret"))
    _describe(robot, name, kinds, told_from, told_until, language)
    if _described(robot) != before:
        changes.append(_("changed, tells of: %s") % _kinds(robot))
    if changes:
        robot.save()
        _write(robot, joined("; ", changes), user=user, now=now)
        _wake()
    return robot


@transaction.atomic
def switch_on(*, robot_id: int, user: User, now: datetime) -> Robot:
    """What had been waiting is told, as far as it stands; what was raised meanwhile is not."""
    robot = _locked(robot_id, user)
    if not robot.enabled:
        robot.enabled = True
        _start_again(robot)
        robot.save()
        _write(robot, _("switched on"), user=user, now=now)
        _wake()
    return robot


@transaction.atomic
def switch_off(*, robot_id: int, user: User, now: datetime) -> Robot:
    robot = _locked(robot_id, user)
    if robot.enabled:
        robot.enabled, robot.test_asked_at = False, None
        robot.save()
        _write(robot, _("switched off"), user=user, now=now)
    return robot


@transaction.atomic
def remove(*, robot_id: int, user: User, now: datetime) -> None:
    robot = _locked(robot_id, user)
    _write(robot, _("removed"), user=user, now=now)
    robot.delete()


@transaction.atomic
def ask_for_test(*, robot_id: int, user: User, now: datetime) -> Robot:
    """A test message goes out soon, whatever the hour; raises Refused where it is switched off."""
    robot = _locked(robot_id, user)
    if not robot.enabled:
        raise Refused(_("The robot is switched off: switch it on first."))
    robot.test_asked_at, robot.next_try_at = now, None
    robot.save(update_fields=["test_asked_at", "next_try_at"])
    _write(robot, _("tested"), user=user, now=now)
    _wake()
    return robot


def _locked(robot_id: int, user: User) -> Robot:
    find(robot_id=robot_id, user=user)
    robot = Robot.objects.select_for_update(no_key=True).filter(pk=robot_id).first()
    if robot is None:
        raise NotFound(_("There is no such robot."))
    return robot


def _describe(
    robot: Robot,
    name: str,
    kinds: Sequence[str],
    told_from: time | None,
    told_until: time | None,
    language: str,
) -> None:
    name = name.strip()
    if not is_visible(name) or len(name) > LONGEST_NAME or "\0" in name:
        most = {"most": LONGEST_NAME}
        raise Refused(_("Give it a name of at most %(most)d characters.") % most, pointer="name")
    chosen = [kind.value for kind in AlertKind if kind in kinds]
    if not chosen or len(chosen) != len(set(kinds)):
        raise Refused(_("Choose what it is to tell of."), pointer="kinds")
    if (told_from is None) != (told_until is None):
        missing = "told_from" if told_from is None else "told_until"
        raise Refused(_("Give both times, or none for the whole day."), pointer=missing)
    if language not in dict(settings.LANGUAGES):
        raise Refused(_("There is no such language."), pointer="language")
    robot.name, robot.kinds, robot.language = name, chosen, language
    robot.told_from, robot.told_until = told_from, told_until


def _described(robot: Robot) -> tuple[object, ...]:
    return (robot.name, robot.kinds, robot.language, robot.told_from, robot.told_until)


def _start_again(robot: Robot) -> None:
    """Failures of before say nothing about what comes."""
    robot.failing_since, robot.failures, robot.next_try_at = None, 0, None
    robot.failure, robot.answer = "", ""


def _kinds(robot: Robot) -> str:
    return joined(", ", [_(AlertKind(kind).label) for kind in robot.kinds])


def _write(robot: Robot, note: str | Promise, *, user: User, now: datetime) -> None:
    what = _("Group robot %(name)s (%(service)s)") % {
        "name": robot.name,
        "service": _(Service(robot.service).label),
    }
    trail.record(
        AuditKind.CHANGED,
        shop_id=robot.shop_id,
        user=user,
        now=now,
        note=joined(": ", [what, note]),
    )


def _wake() -> None:
    wake(sending.TASK, cluster=TELL)
