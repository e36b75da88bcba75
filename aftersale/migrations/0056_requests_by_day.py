"""Indexes for what buyers asked for on a day, and for what people answered (SPEC M2)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0055_answers_of_platforms")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["shop", "applied_at"], name="ticket_applied"),
        ),
        migrations.AddIndex(
            model_name="ticketevent",
            index=models.Index(
                condition=models.Q(("actor", "person")), fields=["at"], name="event_by_people"
            ),
        ),
    ]
