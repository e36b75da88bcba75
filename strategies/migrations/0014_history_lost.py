"""Cap use that is taken as used up after a backup was restored (SPEC G6)."""

import aftersale.models.money
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('strategies', "0013_heartbeats_of_machines"),
    ]

    operations = [
        migrations.AddField(
            model_name='strategyusage',
            name='taken',
            field=aftersale.models.money.FenField(db_default=0, default=0, editable=False),
        ),
    ]
