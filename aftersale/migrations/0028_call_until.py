"""Until when a call that nobody has answered may still reach the platform."""

from django.db import migrations, models

# Calls under way during the migration had no deadline; the program that sent them is stopping.
HOLD = """
    UPDATE {table} SET call_until = clock_timestamp() + interval '10 minutes'
    WHERE state IN ({states})
"""


class Migration(migrations.Migration):
    dependencies = [
        ("aftersale", "0027_payment_reference"),
    ]

    operations = [
        migrations.AddField(
            model_name="platformstep",
            name="call_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="refundattempt",
            name="call_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(
            HOLD.format(table="aftersale_refundattempt", states="'leased', 'unknown'"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            HOLD.format(table="aftersale_platformstep", states="'sending', 'unknown'"),
            migrations.RunSQL.noop,
        ),
    ]
