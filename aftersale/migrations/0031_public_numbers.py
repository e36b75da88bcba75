"""Refunds and webhook messages get random public numbers (docs/interfaces.md).

Rows that are there keep their row id as their number: programs outside know them by it.
"""

import django.contrib.postgres.functions
import django.db.models.functions.comparison
from django.db import migrations, models

import aftersale.models.public_number

TABLES = {
    "refund": "refund_public_number_once",
    "webhookmessage": "webhook_message_public_number_once",
}

# `attempt` is the number of the try at paying that is under way, was paid or has failed; of a refund
# that waits to be paid, the number that its payment will have.
FACTS = """
CREATE OR REPLACE FUNCTION aftersale_refund_facts(
    r aftersale_refund, shop text, ticket_no text, order_no text
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
            'shop', shop, 'ticket_no', ticket_no, 'order_no', order_no,
            'refund_id', r.public_number,
            'attempt', (
                SELECT coalesce(
                    max(a.number) FILTER (
                        WHERE a.state IN ('leased', 'accepted', 'unknown', 'succeeded')),
                    max(a.number) + CASE r.status WHEN 'failed' THEN 0 ELSE 1 END,
                    1)
                  FROM aftersale_refundattempt a WHERE a.refund_id = r.id),
            'amount', aftersale_yuan(r.amount), 'source', r.source, 'decision_id', r.decision_id)
        || CASE r.status WHEN 'failed' THEN jsonb_build_object('failure', r.failure)
                         ELSE '{}' END
$$;
"""
FACTS_BEFORE = """
CREATE OR REPLACE FUNCTION aftersale_refund_facts(
    r aftersale_refund, shop text, ticket_no text, order_no text
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
            'shop', shop, 'ticket_no', ticket_no, 'order_no', order_no, 'refund_id', r.id,
            'amount', aftersale_yuan(r.amount), 'source', r.source, 'decision_id', r.decision_id)
        || CASE r.status WHEN 'failed' THEN jsonb_build_object('failure', r.failure)
                         ELSE '{}' END
$$;
"""


def _field():
    return aftersale.models.public_number.PublicNumberField(
        db_default=django.db.models.functions.comparison.Cast(
            django.contrib.postgres.functions.RandomUUID(), models.CharField(max_length=36)
        ),
        editable=False,
        max_length=36,
        verbose_name="public number",
    )


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0030_refund_to_be_paid")]

    operations = [
        *(
            migrations.AddField(model_name=table, name="public_number", field=_field())
            for table in TABLES
        ),
        *(
            migrations.RunSQL(
                f"UPDATE aftersale_{table} SET public_number = id::text",  # noqa: S608
                migrations.RunSQL.noop,
            )
            for table in TABLES
        ),
        # A table whose updated rows have foreign keys yet to be checked can't be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        *(
            migrations.AddConstraint(
                model_name=table,
                constraint=models.UniqueConstraint(fields=("public_number",), name=name),
            )
            for table, name in TABLES.items()
        ),
        migrations.RunSQL(FACTS, FACTS_BEFORE),
    ]
