"""Archives of old tickets, and the numbers that are in them (SPEC O12)."""

import aftersale.domain.multilingual
import aftersale.models.money
import django.db.models.deletion
from django.db import migrations, models

# Behind the looks of the services: whoever inserts an order or ticket that an archive has, by
# whatever way, would make a fresh one of it, whose money could leave a second time. One probe of an
# index a row; OFFSET 0 keeps the planner from reading all numbers for a large batch.
_REFUSE = """
CREATE FUNCTION aftersale_archived_{one}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
    SELECT n.{one}_no INTO found FROM new_rows n
     WHERE EXISTS (SELECT FROM aftersale_archived{one} a
                    WHERE a.shop_id = n.shop_id AND a.{one}_no = n.{one}_no OFFSET 0) LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION '{one} % is in an archive', found USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER aftersale_{one}_not_archived AFTER INSERT ON aftersale_{one}
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION aftersale_archived_{one}();
"""
_GONE = """
DROP TRIGGER aftersale_{one}_not_archived ON aftersale_{one};
DROP FUNCTION aftersale_archived_{one}();
"""


class Migration(migrations.Migration):
    # The version before archives nothing, so that the triggers find nothing of its rows.
    while_serving = True

    dependencies = [
        ("aftersale", "0059_pieces_of_files"),
    ]

    operations = [
        migrations.AddField(
            model_name='shop',
            name='archive_failure',
            field=aftersale.domain.multilingual.SaidField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='shop',
            name='archive_months',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='tickets kept, in months'),
        ),
        migrations.AddField(
            model_name='shop',
            name='archived_before',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='kind',
            field=models.CharField(choices=[('logged_in', 'Logged in'), ('log_in_failed', 'Log-in failed'), ('logged_out', 'Logged out'), ('sessions_ended', 'Sessions ended'), ('joined', 'Accepted an invitation'), ('password', 'Password changed'), ('password_link', 'Link for a new password made'), ('factor_added', 'Second factor added'), ('factor_removed', 'Second factor removed'), ('recovery_codes', 'New recovery codes'), ('factors_forgotten', 'Second factors taken away'), ('access', 'Account changed'), ('created', 'Created'), ('changed', 'Settings changed'), ('member', 'Membership changed'), ('token', 'API token changed'), ('webhook', 'Webhook changed'), ('platform', 'Platform connection changed'), ('template', 'Text for buyers changed'), ('buyer_blocked', 'Buyer blocked'), ('buyer_unblocked', 'Buyer unblocked'), ('buyer_erased', 'Buyer erased'), ('buyer_exported', "Buyer's data given out"), ('archived', 'Old tickets archived'), ('strategy', 'Strategies changed'), ('strategy_enabled', 'Strategy enabled'), ('paused', 'Automation paused'), ('resumed', 'Automation resumed'), ('looked_again', 'Tickets evaluated again'), ('correction', 'Ledger corrected'), ('payments_stopped', 'All payments stopped'), ('payments_resumed', 'Payments let go on'), ('call', 'Step of a program'), ('exported', 'Exported'), ('refused', 'Step refused'), ('restored', 'Backup restored'), ('time_set_right', 'Time of decisions set right'), ('command', 'Command on the machine')], max_length=24, verbose_name='what'),
        ),
        migrations.CreateModel(
            name='Archive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('state', models.CharField(choices=[('writing', 'Being written'), ('written', 'Verified'), ('done', 'Done')], default='writing', max_length=16, verbose_name='state')),
                ('before', models.DateTimeField(verbose_name='older than')),
                ('began_at', models.DateTimeField(verbose_name='begun at')),
                ('done_at', models.DateTimeField(null=True, verbose_name='done at')),
                ('orders', models.PositiveIntegerField(default=0, verbose_name='orders')),
                ('tickets', models.PositiveIntegerField(default=0, verbose_name='tickets')),
                ('kept', models.PositiveIntegerField(default=0, verbose_name='orders that stayed')),
                ('paid', aftersale.models.money.FenField(default=0, verbose_name='paid')),
                ('refunded', aftersale.models.money.FenField(default=0, verbose_name='refunded')),
                ('digests', models.JSONField(default=dict, verbose_name='checksums')),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='archives', to='aftersale.shop', verbose_name='shop')),
            ],
            options={
                'verbose_name': 'archive',
                'verbose_name_plural': 'archives',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('shop', 'name'), name='archive_name_once')],
            },
        ),
        migrations.CreateModel(
            name='ArchivedOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order_no', models.CharField(max_length=64, verbose_name='order number')),
                ('updated_at', models.DateTimeField(verbose_name='updated by the platform at')),
                ('archive', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='aftersale.archive', verbose_name='archive')),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='aftersale.shop', verbose_name='shop')),
            ],
            options={
                'verbose_name': 'archived order',
                'verbose_name_plural': 'archived orders',
                'constraints': [models.UniqueConstraint(fields=('shop', 'order_no'), name='archived_order_once')],
            },
        ),
        migrations.CreateModel(
            name='ArchivedTicket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ticket_no', models.CharField(max_length=64, verbose_name='ticket number')),
                ('updated_at', models.DateTimeField(verbose_name='updated by the platform at')),
                ('archive', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='aftersale.archive', verbose_name='archive')),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='aftersale.shop', verbose_name='shop')),
            ],
            options={
                'verbose_name': 'archived ticket',
                'verbose_name_plural': 'archived tickets',
                'constraints': [models.UniqueConstraint(fields=('shop', 'ticket_no'), name='archived_ticket_once')],
            },
        ),
        *[
            migrations.RunSQL(_REFUSE.format(one=one), _GONE.format(one=one))
            for one in ('order', 'ticket')
        ],
    ]
