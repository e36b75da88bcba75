"""Triggers that mark which moments of the past have changed (monitoring/models/figures.py).

Rows younger than half an hour belong to a day that is not counted yet: for them the trigger fires
and writes nothing. Each trigger's WHEN is false for the rows that the evaluator writes.
"""

from django.db import migrations

MARK = """
CREATE FUNCTION monitoring_mark(shop bigint, moment timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO monitoring_stalemoment (shop_id, at, written_by)
    SELECT shop, date_bin('15 minutes', moment, '2000-01-01 00:00+00'),
           pg_current_xact_id()::text::bigint
    WHERE moment < now() - interval '30 minutes'
    ON CONFLICT DO NOTHING
$$;

-- Orders come in by the thousand: once a statement.
CREATE FUNCTION monitoring_orders_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(shop_id, paid_at)
       FROM (SELECT DISTINCT shop_id, date_bin('15 minutes', paid_at, '2000-01-01 00:00+00')
               FROM fresh WHERE paid_at < now() - interval '30 minutes') AS x (shop_id, paid_at);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_orders_new AFTER INSERT ON aftersale_order
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION monitoring_orders_new();
CREATE FUNCTION monitoring_order_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.paid_at);
    PERFORM monitoring_mark(OLD.shop_id, OLD.paid_at);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_order_changed AFTER UPDATE OF paid_at ON aftersale_order
    FOR EACH ROW WHEN (OLD.paid_at IS DISTINCT FROM NEW.paid_at)
    EXECUTE FUNCTION monitoring_order_changed();

CREATE FUNCTION monitoring_refund_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.settled_at);
    IF TG_OP = 'UPDATE' THEN
        PERFORM monitoring_mark(OLD.shop_id, OLD.settled_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_refund_new AFTER INSERT ON aftersale_refund
    FOR EACH ROW WHEN (NEW.settled_at IS NOT NULL) EXECUTE FUNCTION monitoring_refund_changed();
CREATE TRIGGER monitoring_refund_changed AFTER UPDATE ON aftersale_refund
    FOR EACH ROW WHEN (
        (OLD.settled_at IS NOT NULL OR NEW.settled_at IS NOT NULL)
        AND (OLD.settled_at, OLD.status, OLD.amount, OLD.source)
            IS DISTINCT FROM (NEW.settled_at, NEW.status, NEW.amount, NEW.source))
    EXECUTE FUNCTION monitoring_refund_changed();

-- What became of a ticket is counted where it was rejected, and where a strategy hit it.
CREATE FUNCTION monitoring_fate_changed(ticket bigint) RETURNS void LANGUAGE sql AS $$
    SELECT monitoring_mark(t.shop_id, r.at)
      FROM aftersale_rejection r JOIN aftersale_ticket t ON t.id = r.ticket_id
     WHERE r.ticket_id = ticket;
    SELECT monitoring_mark(shop_id, decided_at) FROM strategies_decision
     WHERE ticket_id = ticket AND strategy_id IS NOT NULL
$$;
CREATE FUNCTION monitoring_event_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_fate_changed(NEW.ticket_id);
    PERFORM monitoring_mark(t.shop_id, NEW.at) FROM aftersale_ticket t WHERE t.id = NEW.ticket_id;
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_event_new AFTER INSERT ON aftersale_ticketevent
    FOR EACH ROW WHEN (NEW.from_status IN ('rejected', 'arbitration')
                       OR NEW.to_status = 'arbitration')
    EXECUTE FUNCTION monitoring_event_new();

CREATE FUNCTION monitoring_rejection_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- It may end what an earlier rejection of the ticket led to.
    PERFORM monitoring_fate_changed(NEW.ticket_id);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_rejection_new AFTER INSERT ON aftersale_rejection
    FOR EACH ROW EXECUTE FUNCTION monitoring_rejection_new();

CREATE FUNCTION monitoring_alert_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.raised_at);
    PERFORM monitoring_fate_changed(NEW.ticket_id);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_alert_new AFTER INSERT ON aftersale_shippingalert
    FOR EACH ROW EXECUTE FUNCTION monitoring_alert_changed();
CREATE TRIGGER monitoring_alert_changed AFTER UPDATE ON aftersale_shippingalert
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.kind <> NEW.kind)
    EXECUTE FUNCTION monitoring_alert_changed();
"""

GONE = """
DROP TRIGGER monitoring_orders_new ON aftersale_order;
DROP TRIGGER monitoring_order_changed ON aftersale_order;
DROP TRIGGER monitoring_refund_new ON aftersale_refund;
DROP TRIGGER monitoring_refund_changed ON aftersale_refund;
DROP TRIGGER monitoring_event_new ON aftersale_ticketevent;
DROP TRIGGER monitoring_rejection_new ON aftersale_rejection;
DROP TRIGGER monitoring_alert_new ON aftersale_shippingalert;
DROP TRIGGER monitoring_alert_changed ON aftersale_shippingalert;
DROP FUNCTION monitoring_alert_changed();
DROP FUNCTION monitoring_rejection_new();
DROP FUNCTION monitoring_event_new();
DROP FUNCTION monitoring_fate_changed(bigint);
DROP FUNCTION monitoring_refund_changed();
DROP FUNCTION monitoring_order_changed();
DROP FUNCTION monitoring_orders_new();
DROP FUNCTION monitoring_mark(bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0002_figures"),
        ("aftersale", "0007_figure_reads"),
        ("strategies", "0003_trial_runs_and_tallies"),
    ]

    operations = [migrations.RunSQL(MARK, GONE)]
