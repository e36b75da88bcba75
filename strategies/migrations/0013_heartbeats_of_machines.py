"""Heartbeats by program and machine, with what its clock said. Rows come back within seconds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("strategies", "0012_decisions_into_the_feed")]

    operations = [
        migrations.DeleteModel("Heartbeat"),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("worker", models.CharField(max_length=32, verbose_name="worker")),
                ("host", models.CharField(max_length=255, verbose_name="machine")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("clock_ahead", models.FloatField(verbose_name="clock ahead by (s)")),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("worker", "host"), name="heartbeat_once_a_machine"
                    )
                ],
            },
        ),
    ]
