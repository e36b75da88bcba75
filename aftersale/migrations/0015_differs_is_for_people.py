"""The automation leaves tickets alone of which the platform reports another type or amount."""

from django.db import migrations, models

DO_NOT_WAIT = "UPDATE aftersale_ticket SET waits = false WHERE waits AND flags @> '{differs}'"


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0014_lists_newest'),
    ]

    operations = [
        migrations.RunSQL(DO_NOT_WAIT, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='ticket',
            name='ticket_waits_only_for_review',
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('waits', False), models.Q(('order__isnull', False), ('status', 'pending_review'), models.Q(('flags__overlap', ['differs', 'line_missing', 'before_connection', 'platform_pays', 'platform_refused']), _negated=True)), _connector='OR'), name='ticket_waits_only_for_review'),
        ),
    ]
