"""Facts of a platform beside a record, and the flag for words not known here."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

FLAGS = [
    ("differs", "Platform reports another type or amount"),
    ("platform_step", "Moved by the platform in an unusual way"),
    ("line_missing", "Order has no such line"),
    ("over_refunded", "More refunded than was paid"),
    ("paid_twice", "Paid twice by the platform"),
    ("no_window", "No after-sale window on the completed order"),
    ("likely_loss", "Likely loss"),
    ("error", "Evaluation failed"),
    ("before_connection", "Open before the shop was connected"),
    ("platform_pays", "Fast refund paid by the platform"),
    ("platform_refused", "The platform did not take the step"),
    ("unknown_there", "Status or type of the platform not known here"),
]
HANDS_OFF = [
    "differs",
    "line_missing",
    "before_connection",
    "platform_pays",
    "platform_refused",
    "unknown_there",
]


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0020_clean_identifiers")]

    operations = [
        migrations.CreateModel(
            name="PlatformFacts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        choices=[("order", "Order"), ("ticket", "Ticket")], max_length=8
                    ),
                ),
                ("number", models.CharField(max_length=64)),
                ("facts", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="aftersale.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "facts of the platform",
                "verbose_name_plural": "facts of the platform",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["shop", "subject", "number"], name="platform_facts_once"
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="ticket", name="ticket_waits_only_for_review"),
        migrations.AlterField(
            model_name="ticket",
            name="flags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=FLAGS, max_length=24),
                blank=True,
                default=list,
                size=None,
                verbose_name="flags",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("awaiting_evaluation", False),
                    models.Q(
                        ("order__isnull", False),
                        ("status", "pending_review"),
                        models.Q(("flags__overlap", HANDS_OFF), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ticket_waits_only_for_review",
            ),
        ),
    ]
