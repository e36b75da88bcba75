"""Look-ups for known ends of tickets: a day's rejections, a person's step before a step."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0050_notes_and_flags_of_the_desk")]

    operations = [
        migrations.AddIndex(
            model_name="ticketevent",
            index=models.Index(
                condition=models.Q(("to_status", "rejected")), fields=["at"], name="event_rejected"
            ),
        ),
        migrations.AddIndex(
            model_name="ticketevent",
            index=models.Index(
                condition=models.Q(("actor", "person"), ("user__isnull", False)),
                fields=["user", "at", "id"],
                name="event_of_person",
            ),
        ),
    ]
