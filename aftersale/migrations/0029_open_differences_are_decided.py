"""Tickets with an open difference are evaluated: they get a decision for people (SPEC E2, E8)."""

from django.db import migrations, models

OPEN_DIFFERENCES = ["differs", "order_in_doubt"]
HANDS_OFF = [
    "line_missing",
    "before_connection",
    "platform_pays",
    "platform_refused",
    "unknown_there",
]


def evaluate_them(apps, schema_editor):
    """Those under review wait for the automation, which sends them to people with the reason."""
    ticket = apps.get_model("aftersale", "Ticket")
    ticket.objects.filter(
        status="pending_review", order__isnull=False, flags__overlap=OPEN_DIFFERENCES
    ).exclude(flags__overlap=HANDS_OFF).update(awaiting_evaluation=True)


def leave_them_alone(apps, schema_editor):
    ticket = apps.get_model("aftersale", "Ticket")
    ticket.objects.filter(awaiting_evaluation=True, flags__overlap=OPEN_DIFFERENCES).update(
        awaiting_evaluation=False
    )


class Migration(migrations.Migration):
    dependencies = [
        ("aftersale", "0028_call_until"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="ticket", name="ticket_waits_only_for_review"),
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
        migrations.RunPython(evaluate_them, leave_them_alone),
    ]
