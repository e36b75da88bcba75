"""Room on the pages of order lines, as of orders: what a decision adds to `taken` then stays on the
row's own page (docs/performance.md). Old pages get room as rows change.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0061_indexes_without_a_query")]
    # It changes how rows are laid out from now on, and nothing else.
    while_serving = True

    operations = [
        migrations.RunSQL(
            "ALTER TABLE aftersale_orderline SET (fillfactor = 85)",
            "ALTER TABLE aftersale_orderline RESET (fillfactor)",
        )
    ]
