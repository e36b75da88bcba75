"""A refund that was paid by hand keeps the payment's number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("aftersale", "0026_labels_of_tickets"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="reference",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=64,
                verbose_name="payment reference",
            ),
        ),
    ]
