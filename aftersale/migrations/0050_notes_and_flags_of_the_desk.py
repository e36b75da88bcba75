"""Notes among colleagues and coloured flags on cases; variant and picture of order lines."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("aftersale", "0049_second_person"),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='mark',
            field=models.CharField(blank=True, choices=[('red', 'Red flag'), ('yellow', 'Yellow flag'), ('green', 'Green flag'), ('blue', 'Blue flag'), ('purple', 'Purple flag')], db_default='', default='', max_length=8, verbose_name='flag of the desk'),
        ),
        migrations.AlterField(
            model_name='ticketevent',
            name='kind',
            field=models.CharField(choices=[('arrived', 'Arrived'), ('status', 'Status changed'), ('reported', 'Reported by the platform'), ('refund', 'Refund'), ('flag', 'Flagged'), ('note', 'Note'), ('internal', 'Internal note')], max_length=16, verbose_name='what'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='picture',
            field=models.CharField(blank=True, db_default='', default='', max_length=1000, verbose_name='product picture'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='sku',
            field=models.CharField(blank=True, db_default='', default='', max_length=256, verbose_name='variant'),
        ),
    ]
