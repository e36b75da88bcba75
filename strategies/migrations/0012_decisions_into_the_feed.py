"""The trigger that tells of decisions writes the feed (aftersale 0036, docs/adr/0007)."""

from importlib import import_module

from django.db import migrations

TELL = """
CREATE OR REPLACE FUNCTION strategies_tell_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_listened()) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT d.shop_id, 'ticket.decided', 'ticket:' || d.ticket_id, d.decided_at,
        jsonb_build_object(
            'shop', s.code, 'ticket_no', t.ticket_no, 'order_no', t.order_no,
            'decision_id', d.id, 'outcome', d.outcome, 'why', nullif(d.why, ''),
            'source', nullif(d.source, ''), 'scenario', nullif(d.scenario, ''),
            'strategy', y.name, 'revision', r.number, 'amount', aftersale_yuan(d.amount))
       FROM fresh d
       JOIN aftersale_ticket t ON t.id = d.ticket_id
       JOIN aftersale_shop s ON s.id = d.shop_id
       LEFT JOIN strategies_rulebookrevision r ON r.id = d.rulebook_id
       LEFT JOIN strategies_strategy y ON y.id = d.strategy_id
      WHERE d.shop_id IN (SELECT shop_id FROM aftersale_listened())
      ORDER BY d.id;
    RETURN NULL;
END $$;
"""

_BEFORE = import_module("strategies.migrations.0005_decided").TELL.split("CREATE TRIGGER")[0]
UNTELL = _BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [
        ("strategies", "0011_suggestions"),
        ("aftersale", "0036_feed"),
    ]

    operations = [migrations.RunSQL(TELL, UNTELL)]
