"""The two rules of fast refund that the platform has had so far (SPEC F1)."""

from datetime import datetime, timedelta, timezone

from django.db import migrations

SHANGHAI = timezone(timedelta(hours=8))


def add_rules(apps, schema_editor):
    rule = apps.get_model("strategies", "FastRefundRule")
    rule.objects.create(starts_at=None, kind="applied_within_hours", value=6)
    rule.objects.create(
        starts_at=datetime(2023, 9, 13, tzinfo=SHANGHAI), kind="paid_amount_below", value=30000
    )


class Migration(migrations.Migration):
    dependencies = [("strategies", "0001_initial")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
