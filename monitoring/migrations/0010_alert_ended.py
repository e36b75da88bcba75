"""Alerts end with what they warned of (SPEC O5)."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0009_deskcount_source"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="ended_at",
            field=models.DateTimeField(null=True, verbose_name="over since"),
        ),
        migrations.RemoveIndex(model_name="alert", name="alert_open"),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["shop", "-raised_at", "-id"],
                condition=Q(acknowledged_at=None, ended_at=None),
                name="alert_open",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["shop", "-raised_at", "-id"],
                condition=Q(acknowledged_at=None, ended_at__isnull=False),
                name="alert_ended",
            ),
        ),
    ]
