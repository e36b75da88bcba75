"""Known ends of tickets are counted by day (SPEC M6): triggers mark their days, too, and days that
are counted already are counted once more."""

from django.db import migrations

# An end is counted where the refund was settled, and where a rejection was upheld.
FATE = """
CREATE OR REPLACE FUNCTION monitoring_fate_changed(ticket bigint) RETURNS void LANGUAGE sql AS $$
    SELECT monitoring_mark(t.shop_id, r.at)
      FROM aftersale_rejection r JOIN aftersale_ticket t ON t.id = r.ticket_id
     WHERE r.ticket_id = ticket;
    SELECT monitoring_mark(shop_id, decided_at) FROM strategies_decision
     WHERE ticket_id = ticket AND strategy_id IS NOT NULL{more}
$$;
"""
MORE = """;
    SELECT monitoring_mark(shop_id, settled_at) FROM aftersale_refund
     WHERE ticket_id = ticket AND settled_at IS NOT NULL;
    SELECT monitoring_upheld_changed(ticket)
"""
ENDS = (
    """
CREATE FUNCTION monitoring_upheld_changed(ticket bigint) RETURNS void LANGUAGE sql AS $$
    SELECT monitoring_mark(t.shop_id, e.at + interval '7 days')
      FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
     WHERE e.ticket_id = ticket AND e.to_status = 'rejected'
$$;
"""
    + FATE.format(more=MORE)
    + """
-- A refund of a later request changes what a rejection about the same goods kept.
CREATE FUNCTION monitoring_refunded_after_rejection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_upheld_changed(id) FROM aftersale_ticket
      WHERE order_id = NEW.order_id AND rejected_before AND id <> NEW.ticket_id;
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_refunded_after_rejection AFTER UPDATE ON aftersale_refund
    FOR EACH ROW WHEN (NEW.status = 'succeeded' AND OLD.status <> 'succeeded')
    EXECUTE FUNCTION monitoring_refunded_after_rejection();
CREATE TRIGGER monitoring_refunded_after_rejection_new AFTER INSERT ON aftersale_refund
    FOR EACH ROW WHEN (NEW.status = 'succeeded')
    EXECUTE FUNCTION monitoring_refunded_after_rejection();
DELETE FROM monitoring_deskday;
"""
)
GONE = (
    """
DROP TRIGGER monitoring_refunded_after_rejection ON aftersale_refund;
DROP TRIGGER monitoring_refunded_after_rejection_new ON aftersale_refund;
DROP FUNCTION monitoring_refunded_after_rejection();
DELETE FROM monitoring_deskcount WHERE source IN ('end', 'handling');
"""
    + FATE.format(more="")
    + "DROP FUNCTION monitoring_upheld_changed(bigint);"
)


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0014_token_alerts"),
        ("aftersale", "0051_ends_of_tickets"),
        ("strategies", "0016_past_edition"),
    ]

    operations = [migrations.RunSQL(ENDS, GONE)]
