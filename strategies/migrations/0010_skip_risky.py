"""Strategies pass by what a platform flagged as risky (SPEC T1); every shop's rulebook says so."""

from django.db import migrations, models
from django.utils import timezone


def publish(apps, schema_editor):
    revisions = apps.get_model("strategies", "RulebookRevision").objects
    for lane in apps.get_model("strategies", "EvaluatorLane").objects.select_related("rulebook"):
        before = lane.rulebook
        strategies = [{"skip_risky": True, **one} for one in before.content["strategies"]]
        lane.rulebook = revisions.create(
            shop_id=lane.shop_id,
            number=before.number + 1,
            content={**before.content, "strategies": strategies},
            created_at=timezone.now(),
        )
        lane.save()


class Migration(migrations.Migration):

    dependencies = [
        ('strategies', '0009_facts_of_line_and_ticket'),
    ]

    operations = [
        migrations.AddField(
            model_name='strategy',
            name='skip_risky',
            field=models.BooleanField(default=True, verbose_name='pass by what is flagged as risky'),
        ),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
