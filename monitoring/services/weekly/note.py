"""Making the notes of a week that is over, once a shop (SPEC M6).

A row a shop and week says how far it has come: the search is begun with the row, the note is
written once the search is over. Safe to kill and to run several times at once. A week whose note
was not made by Thursday gets none: nothing is told of an old past.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from aftersale.models import Shop
from aftersale.services.shared import locks
from config.heartbeat import beat
from monitoring.models import WeeklyNote
from strategies.models import UNDER_WAY, AdviceRun
from strategies.services import advice

from .figures import changed
from .looks import to_look_at
from .readers import wanted_in

log = structlog.get_logger(__name__)

# On Monday, on the shop's clock.
BEGINS = time(8)
# Alerts, by which it is told, are raised of what is no older (services/alerts.py).
LATEST = timedelta(days=3)


def write(*, now: datetime) -> int:
    """Begins and writes the notes that are due; returns how many it wrote."""
    written = 0
    for shop in wanted_in():
        beat()
        week = week_of(shop, now)
        if week is None:
            continue
        try:
            note = _begun(shop, week, now)
            written += note is not None and _written(shop, note, now)
        except Exception:  # one shop's note holds up no other's
            log.exception("weekly_note_failed", shop=shop.pk)
    return written


def week_of(shop: Shop, now: datetime) -> date | None:
    """The Monday of the note that is due, or may be made late; None later in the week."""
    zone = ZoneInfo(shop.timezone)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    begins = datetime.combine(monday, BEGINS, zone)
    return monday if begins <= now < begins + LATEST else None


def _begun(shop: Shop, week: date, now: datetime) -> WeeklyNote | None:
    """The note that is to be written; None where it was."""
    note = WeeklyNote.objects.select_related("advice").filter(shop=shop, week=week).first()
    if note is None:
        with transaction.atomic():
            # Two sweeps at once begin one after the other.
            locks.lock_shop(shop.pk)
            note, new = WeeklyNote.objects.get_or_create(
                shop=shop, week=week, defaults={"begun_at": now}
            )
            if new:
                note.advice = _search(shop, now)
                note.save(update_fields=["advice"])
    return note if note.made_at is None else None


def _search(shop: Shop, now: datetime) -> AdviceRun:
    """A search within the limits that people gave last; one that is under way will do."""
    runs = AdviceRun.objects.filter(shop=shop).order_by("-pk")
    under_way = runs.filter(status__in=UNDER_WAY).first()
    if under_way is not None:
        return under_way
    given = runs.filter(created_by__isnull=False).first()
    limits: dict[str, Any] = {}
    if given is not None:
        limits = {
            "days": (given.ends_at - given.starts_at).days,
            "may_lose": given.may_lose,
            "scenarios": given.scenarios,
            "products_left_out": given.products_left_out,
        }
        limits["days"] = min(max(limits["days"], advice.LEAST_DAYS), advice.MOST_DAYS)
    return advice.begin(shop_id=shop.pk, user=None, now=now, **limits)


def _written(shop: Shop, note: WeeklyNote, now: datetime) -> int:
    """Waits for the search: the next sweep looks again."""
    run = note.advice
    if run is not None and run.status in UNDER_WAY:
        return 0
    last = note.week - timedelta(days=1)
    first = note.week - timedelta(days=7)
    before = WeeklyNote.objects.filter(shop=shop, week__lt=note.week).order_by("-week").first()
    told = before.facts.get("told_minutes", 0) if before else 0
    found = changed(shop, first, last)
    look, told = to_look_at(shop, first, last, run, told=told)
    facts: dict[str, Any] = {}
    if found or look:
        facts = {
            "name": shop.name,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "advice": run.pk if run else None,
            "changed": found,
            "look": look,
        }
    # Kept without anything to say as well: the next note says a proposal again only if it grew.
    if told:
        facts["told_minutes"] = told
    written = WeeklyNote.objects.filter(pk=note.pk, made_at=None).update(made_at=now, facts=facts)
    if written:
        log.info("weekly_note", shop=shop.pk, changed=len(found), look=len(look))
    return written
