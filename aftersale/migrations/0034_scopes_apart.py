"""The scope `ingest` becomes `orders`, `shipping` and `funds`: a token goes on with all it could do."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

APART = """
    UPDATE aftersale_apitoken
       SET scopes = array_remove(scopes, 'ingest') || ARRAY['orders', 'shipping', 'funds']::varchar[]
     WHERE 'ingest' = ANY (scopes)
"""
TOGETHER = """
    UPDATE aftersale_apitoken
       SET scopes = array_remove(array_remove(array_remove(scopes, 'orders'), 'shipping'), 'funds')
                    || ARRAY['ingest']::varchar[]
     WHERE scopes && ARRAY['orders', 'shipping', 'funds']::varchar[]
"""


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0033_platform_reads_and_calls")]

    operations = [
        migrations.RunSQL(APART, TOGETHER),
        migrations.AlterField(
            model_name="apitoken",
            name="scopes",
            field=ArrayField(
                models.CharField(
                    choices=[
                        ("read", "Read orders, tickets, decisions and figures"),
                        ("orders", "Send orders and tickets"),
                        ("shipping", "Ask before shipping, report parcels and returns"),
                        ("tickets", "Decide tickets as a person of the desk"),
                        ("strategies", "Change strategies, priorities and guards"),
                        ("windows", "Re-open after-sale windows"),
                        ("funds", "Send entries of the wallet and the deposit"),
                    ],
                    max_length=16,
                ),
                default=list,
                verbose_name="may",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(null=True, verbose_name="ends at"),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="networks",
            field=ArrayField(
                models.CharField(max_length=43),
                db_default=[],
                default=list,
                verbose_name="used from",
            ),
        ),
        migrations.AddField(
            model_name="idempotentcall",
            name="location",
            field=models.CharField(db_default="", default="", max_length=200),
        ),
    ]
