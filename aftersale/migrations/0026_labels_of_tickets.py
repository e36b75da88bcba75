"""Tickets carry labels of their platform (SPEC O1); gifts no longer count among their goods (E3).

The goods of tickets that wait to be decided are worked out anew, as ingest now does it.
"""

import django.contrib.postgres.fields
from django.db import migrations, models


WITHOUT_GIFTS = """
UPDATE aftersale_ticket t SET products = g.products, categories = g.categories
  FROM (SELECT k.id, array_agg(l.product ORDER BY l.product, l.category) AS products,
               array_agg(l.category ORDER BY l.product, l.category) AS categories
          FROM aftersale_ticket k
          JOIN LATERAL (SELECT DISTINCT product, category FROM aftersale_orderline o
                         WHERE o.order_id = k.order_id AND o.paid_amount > 0) l ON true
         WHERE k.line_no IS NULL AND k.status IN ('pending_review', 'negotiating')
         GROUP BY k.id) g
 WHERE t.id = g.id AND t.products <> g.products;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0025_refunded_elsewhere'),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='labels',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, db_default=[], default=list, size=None, verbose_name='labels'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('rejected_before', True)), fields=['order'], name='ticket_rejected_before'),
        ),
        migrations.RunSQL(WITHOUT_GIFTS, migrations.RunSQL.noop),
    ]
