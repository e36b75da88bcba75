"""How each ticket first came in."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("aftersale", "0045_audit_trail"),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='came_by',
            field=models.CharField(blank=True, choices=[('platform', 'Read from its platform'), ('program', 'Sent by a program'), ('file', 'From a file of records'), ('export', 'From an export of the back office')], db_default='', default='', max_length=8, verbose_name='came in by'),
        ),
    ]
