"""Decisions keep what the rules about lines, rejections and order types ask (SPEC E2, O8).

Every shop goes on with a rulebook of version 2; revisions of before keep theirs, which is 1.
"""

import aftersale.models.money
import django.contrib.postgres.fields
from django.db import migrations, models
from django.utils import timezone


def publish(apps, schema_editor):
    revisions = apps.get_model("strategies", "RulebookRevision").objects
    for lane in apps.get_model("strategies", "EvaluatorLane").objects.select_related("rulebook"):
        before = lane.rulebook
        lane.rulebook = revisions.create(
            shop_id=lane.shop_id,
            number=before.number + 1,
            content={"version": 2, **before.content},
            created_at=timezone.now(),
        )
        lane.save()


class Migration(migrations.Migration):

    dependencies = [
        ('strategies', '0008_fen_fields'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='freight_left',
            field=aftersale.models.money.FenField(null=True, verbose_name='left of the freight'),
        ),
        migrations.AddField(
            model_name='decision',
            name='held_back',
            field=models.CharField(choices=[('none_hit', 'No strategy took it'), ('no_scenario', 'Fits no scenario'), ('paused', 'Automation was paused'), ('no_amount', 'No amount'), ('over_refundable', 'More than can be refunded'), ('over_line', 'More than is left of its line'), ('impossible_times', "Times that can't be"), ('rejected_before', 'Rejected before'), ('taken_back', 'Refund taken back by a person'), ('open_difference', 'Differs from the platform'), ('platform_excess', 'Platform refunded more than was paid'), ('error', 'Evaluation failed')], max_length=16, null=True, verbose_name='held back'),
        ),
        migrations.AddField(
            model_name='decision',
            name='line_left',
            field=aftersale.models.money.FenField(null=True, verbose_name='left of the line'),
        ),
        migrations.AddField(
            model_name='decision',
            name='line_no',
            field=models.PositiveIntegerField(null=True, verbose_name='line'),
        ),
        migrations.AddField(
            model_name='decision',
            name='line_paid',
            field=aftersale.models.money.FenField(null=True, verbose_name='paid for the line'),
        ),
        migrations.AddField(
            model_name='decision',
            name='order_type',
            field=models.CharField(choices=[('ordinary', 'Ordinary'), ('cross_border', 'Cross-border'), ('deposit', 'Deposit')], max_length=16, null=True, verbose_name='order type'),
        ),
        migrations.AddField(
            model_name='decision',
            name='ticket_labels',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), null=True, size=None, verbose_name="ticket's labels"),
        ),
        migrations.AlterField(
            model_name='decision',
            name='why',
            field=models.CharField(blank=True, choices=[('none_hit', 'No strategy took it'), ('no_scenario', 'Fits no scenario'), ('paused', 'Automation was paused'), ('no_amount', 'No amount'), ('over_refundable', 'More than can be refunded'), ('over_line', 'More than is left of its line'), ('impossible_times', "Times that can't be"), ('rejected_before', 'Rejected before'), ('taken_back', 'Refund taken back by a person'), ('open_difference', 'Differs from the platform'), ('platform_excess', 'Platform refunded more than was paid'), ('error', 'Evaluation failed')], max_length=16, verbose_name='why for people'),
        ),
        migrations.AlterField(
            model_name='decisiontally',
            name='why',
            field=models.CharField(blank=True, choices=[('none_hit', 'No strategy took it'), ('no_scenario', 'Fits no scenario'), ('paused', 'Automation was paused'), ('no_amount', 'No amount'), ('over_refundable', 'More than can be refunded'), ('over_line', 'More than is left of its line'), ('impossible_times', "Times that can't be"), ('rejected_before', 'Rejected before'), ('taken_back', 'Refund taken back by a person'), ('open_difference', 'Differs from the platform'), ('platform_excess', 'Platform refunded more than was paid'), ('error', 'Evaluation failed')], max_length=16),
        ),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
