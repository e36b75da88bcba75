

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("aftersale", "0054_texts_for_negotiating"),
    ]

    operations = [
        migrations.AddField(
            model_name='platformproblem',
            name='raw',
            field=models.TextField(blank=True, default='', verbose_name='as the platform sent it'),
        ),
    ]
