"""Room on the pages of orders: what a decision adds to `committed` then stays on the row's own page,
and no index has to hear of it (docs/performance.md: 1.17 x). Old pages get room as rows change.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0051_ends_of_tickets")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE aftersale_order SET (fillfactor = 80)",
            "ALTER TABLE aftersale_order RESET (fillfactor)",
        )
    ]
