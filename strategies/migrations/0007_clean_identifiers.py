"""Reads the names and lists of existing strategies as SPEC O9 reads new ones.

A strategy that changes gets a revision, and its shop a rulebook: what decisions are made by is
what is stored. A name that is taken gets a visible suffix, and the console says so.
"""

import importlib
from typing import Any

from django.db import migrations
from django.utils import timezone

from aftersale.domain.identifiers import clean_identifier

shared = importlib.import_module("aftersale.migrations.0020_clean_identifiers")

LISTS = ("products", "categories", "buyer_reasons")


def clean_strategies(apps: Any, editor: Any) -> None:
    strategies = apps.get_model("strategies", "Strategy")
    revisions = apps.get_model("strategies", "StrategyRevision")
    changed: dict[int, dict[int, dict[str, Any]]] = {}
    live = strategies.objects.filter(deleted_at=None)
    names = {row.pk for row in shared.dirty(strategies, "name") if row.deleted_at is None}
    shared.clean_unique(strategies, "name", ("shop_id", "scenario", "deleted_at"), longest=128)
    for strategy in live.order_by("pk"):
        lists = {
            key: list(dict.fromkeys(filter(None, map(clean_identifier, getattr(strategy, key)))))
            for key in LISTS
        }
        if strategy.pk not in names and all(lists[key] == getattr(strategy, key) for key in LISTS):
            continue
        for key, value in lists.items():
            setattr(strategy, key, value)
        last = revisions.objects.filter(strategy=strategy).order_by("-number").first()
        strategy.revision += 1
        strategy.save()
        content = {**lists, "name": strategy.name}
        revisions.objects.create(
            strategy=strategy,
            number=strategy.revision,
            content={**(last.content if last else {}), **content},
            created_at=timezone.now(),
        )
        changed.setdefault(strategy.shop_id, {})[strategy.pk] = {
            **content,
            "revision": strategy.revision,
        }
    publish(apps, changed)
    shared.clean_plain(apps.get_model("strategies", "Decision"), "buyer")


def publish(apps: Any, changed: dict[int, dict[int, dict[str, Any]]]) -> None:
    lanes = apps.get_model("strategies", "EvaluatorLane")
    rulebooks = apps.get_model("strategies", "RulebookRevision")
    for lane in lanes.objects.filter(shop__in=changed).select_related("rulebook"):
        content = lane.rulebook.content
        content = {
            **content,
            "strategies": [
                {**entry, **changed[lane.shop_id].get(entry["id"], {})}
                for entry in content["strategies"]
            ],
        }
        lane.rulebook = rulebooks.objects.create(
            shop_id=lane.shop_id,
            number=lane.rulebook.number + 1,
            content=content,
            created_at=timezone.now(),
        )
        lane.save(update_fields=["rulebook"])


class Migration(migrations.Migration):

    dependencies = [
        ("strategies", "0006_scenarios_hit"),
        ("aftersale", "0020_clean_identifiers"),
    ]

    operations = [migrations.RunPython(clean_strategies, migrations.RunPython.noop)]
