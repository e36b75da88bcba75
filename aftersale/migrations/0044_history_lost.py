"""The time that a restored backup does not know of a shop (SPEC G6)."""

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0043_webhooks_by_programs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ticket',
            name='ticket_waits_only_for_review',
        ),
        migrations.AddField(
            model_name='shop',
            name='lost_since',
            field=models.DateTimeField(editable=False, null=True, verbose_name='history lost since'),
        ),
        migrations.AddField(
            model_name='shop',
            name='lost_until',
            field=models.DateTimeField(editable=False, null=True, verbose_name='history lost until'),
        ),
        migrations.AddField(
            model_name='shop',
            name='on_hold',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='on hold'),
        ),
        migrations.AlterField(
            model_name='shopevent',
            name='kind',
            field=models.CharField(choices=[('created', 'Created'), ('changed', 'Settings changed'), ('paused', 'Automation paused'), ('resumed', 'Automation resumed'), ('looked_again', 'Tickets evaluated again'), ('buyer_blocked', 'Buyer blocked'), ('buyer_unblocked', 'Buyer unblocked'), ('member', 'Membership changed'), ('template', 'Reject text changed'), ('token', 'API token changed'), ('platform', 'Platform connection changed'), ('webhook', 'Webhook changed'), ('restored', 'Backup restored'), ('time_set_right', 'Time of decisions set right')], max_length=16, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='ticket',
            name='flags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('differs', 'Platform reports another type or amount'), ('order_in_doubt', 'Facts of its order are in doubt'), ('platform_step', 'Moved by the platform in an unusual way'), ('line_missing', 'Order has no such line'), ('over_refunded', 'More refunded than was paid'), ('paid_twice', 'Paid twice by the platform'), ('no_window', 'No after-sale window on the completed order'), ('likely_loss', 'Likely loss'), ('error', 'Evaluation failed'), ('before_connection', 'Open before the shop was connected'), ('platform_pays', 'Fast refund paid by the platform'), ('platform_refused', 'The platform did not take the step'), ('unknown_there', 'Status or type of the platform not known here'), ('may_be_paid', 'May have been paid already: a backup was restored')], max_length=24), blank=True, default=list, size=None, verbose_name='flags'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lost_since', None), ('lost_until', None), ('on_hold', False)), ('lost_since__lt', models.F('lost_until')), _connector='OR'), name='shop_hold_says_what_is_lost'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('awaiting_evaluation', False), models.Q(('order__isnull', False), ('status', 'pending_review'), models.Q(('flags__overlap', ['line_missing', 'before_connection', 'platform_pays', 'platform_refused', 'unknown_there', 'may_be_paid']), _negated=True)), _connector='OR'), name='ticket_waits_only_for_review'),
        ),
    ]
