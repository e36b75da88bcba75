from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('strategies', '0005_decided'),
    ]

    operations = [
        migrations.RenameField('decision', 'spent', 'scenarios_hit'),
    ]
