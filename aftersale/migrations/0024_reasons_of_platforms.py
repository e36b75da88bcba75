"""A rejection for a platform's own reason keeps its words (SPEC P2)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0023_fen_fields")]

    operations = [
        migrations.AddField(
            model_name="rejection",
            name="label",
            field=models.CharField(
                blank=True, default="", max_length=128, verbose_name="reason on the platform"
            ),
        ),
    ]
