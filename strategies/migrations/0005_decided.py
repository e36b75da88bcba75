"""The trigger that tells webhooks of decisions, those for people too (docs/adr/0007)."""

from django.db import migrations

TELL = """
CREATE FUNCTION strategies_tell_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_webhookendpoint WHERE enabled) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_webhookmessage
        (endpoint_id, type, subject, at, data, state, attempts, failure)
    SELECT w.id, 'ticket.decided', 'ticket:' || d.ticket_id, d.decided_at,
        jsonb_build_object(
            'shop', s.code, 'ticket_no', t.ticket_no, 'order_no', t.order_no,
            'decision_id', d.id, 'outcome', d.outcome, 'why', nullif(d.why, ''),
            'source', nullif(d.source, ''), 'scenario', nullif(d.scenario, ''),
            'strategy', y.name, 'revision', r.number, 'amount', aftersale_yuan(d.amount)),
        'waiting', 0, ''
       FROM fresh d
       JOIN aftersale_ticket t ON t.id = d.ticket_id
       JOIN aftersale_shop s ON s.id = d.shop_id
       LEFT JOIN strategies_rulebookrevision r ON r.id = d.rulebook_id
       LEFT JOIN strategies_strategy y ON y.id = d.strategy_id
       JOIN aftersale_webhookendpoint w ON w.shop_id = d.shop_id AND w.enabled
            AND 'ticket.decided' = ANY(w.types)
      ORDER BY d.id, w.id;
    RETURN NULL;
END $$;
CREATE TRIGGER strategies_tell_decisions AFTER INSERT ON strategies_decision
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION strategies_tell_decisions();
"""

GONE = """
DROP TRIGGER strategies_tell_decisions ON strategies_decision;
DROP FUNCTION strategies_tell_decisions();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("strategies", "0004_decision_of_shop"),
        ("aftersale", "0013_outbox"),
    ]

    operations = [migrations.RunSQL(TELL, GONE)]
