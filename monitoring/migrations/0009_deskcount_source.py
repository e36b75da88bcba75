"""The column `what` of counted figures is called `source`, as in the code."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0008_mail_language")]

    operations = [
        migrations.RemoveConstraint(model_name="deskcount", name="desk_count_once"),
        migrations.RenameField(model_name="deskcount", old_name="what", new_name="source"),
        migrations.AddConstraint(
            model_name="deskcount",
            constraint=models.UniqueConstraint(
                fields=["shop", "day", "source", "kind", "key"], name="desk_count_once"
            ),
        ),
    ]
