"""Triggers that write the outbox of webhooks (docs/adr/0007): whoever writes an event, a refund or
a window, in whatever way, tells of it in the same transaction, and nobody can forget to.

Where no endpoint is switched on they look at one tiny table a statement and write nothing.
"""

from django.db import migrations

TELL = """
CREATE FUNCTION aftersale_yuan(fen bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT to_char(fen * 0.01, 'FM99999999999999990.00')
$$;

-- One message for each endpoint of the shop that wants this type.
CREATE FUNCTION aftersale_tell(shop bigint, kind text, about text, moment timestamptz, facts jsonb)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO aftersale_webhookmessage
        (endpoint_id, type, subject, at, data, state, attempts, failure)
    SELECT w.id, kind, about, moment, facts, 'waiting', 0, ''
      FROM aftersale_webhookendpoint w
     WHERE w.shop_id = shop AND w.enabled AND kind = ANY(w.types)
     ORDER BY w.id
$$;

CREATE FUNCTION aftersale_tell_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_webhookendpoint WHERE enabled) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_webhookmessage
        (endpoint_id, type, subject, at, data, state, attempts, failure)
    SELECT w.id, k.type, 'ticket:' || t.id, e.at,
        jsonb_build_object(
            'shop', s.code, 'ticket_no', t.ticket_no, 'order_no', t.order_no, 'type', t.type,
            'reason', t.reason, 'amount', aftersale_yuan(t.amount))
        || CASE e.kind
            WHEN 'arrived' THEN jsonb_build_object('status', t.status)
            WHEN 'status' THEN jsonb_build_object(
                'what', e.kind, 'by', e.actor, 'from', e.from_status, 'status', e.to_status)
            ELSE jsonb_build_object('what', e.kind, 'by', e.actor, 'status', t.status)
        END,
        'waiting', 0, ''
       FROM fresh e
       JOIN (VALUES ('arrived', 'ticket.arrived'), ('status', 'ticket.updated'),
                    ('reported', 'ticket.updated'), ('flag', 'ticket.updated')
            ) AS k (kind, type) ON k.kind = e.kind
       JOIN aftersale_ticket t ON t.id = e.ticket_id
       JOIN aftersale_shop s ON s.id = t.shop_id
       JOIN aftersale_webhookendpoint w ON w.shop_id = t.shop_id AND w.enabled
            AND k.type = ANY(w.types)
      ORDER BY e.id, w.id;
    RETURN NULL;
END $$;
CREATE TRIGGER aftersale_tell_events AFTER INSERT ON aftersale_ticketevent
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION aftersale_tell_events();

CREATE FUNCTION aftersale_refund_facts(
    r aftersale_refund, shop text, ticket_no text, order_no text
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
            'shop', shop, 'ticket_no', ticket_no, 'order_no', order_no, 'refund_id', r.id,
            'amount', aftersale_yuan(r.amount), 'source', r.source, 'decision_id', r.decision_id)
        || CASE r.status WHEN 'failed' THEN jsonb_build_object('failure', r.failure)
                         ELSE '{}' END
$$;
CREATE FUNCTION aftersale_tell_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_webhookendpoint WHERE enabled) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_webhookmessage
        (endpoint_id, type, subject, at, data, state, attempts, failure)
    SELECT w.id, 'refund.' || r.status, 'ticket:' || r.ticket_id,
        CASE r.status WHEN 'requested' THEN r.requested_at ELSE coalesce(r.settled_at, now()) END,
        aftersale_refund_facts(r, s.code, t.ticket_no, t.order_no), 'waiting', 0, ''
       FROM fresh r
       JOIN aftersale_ticket t ON t.id = r.ticket_id
       JOIN aftersale_shop s ON s.id = r.shop_id
       JOIN aftersale_webhookendpoint w ON w.shop_id = r.shop_id AND w.enabled
            AND ('refund.' || r.status) = ANY(w.types)
      WHERE r.status IN ('requested', 'succeeded', 'failed')
      ORDER BY r.id, w.id;
    RETURN NULL;
END $$;
CREATE TRIGGER aftersale_tell_refunds AFTER INSERT ON aftersale_refund
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION aftersale_tell_refunds();
CREATE FUNCTION aftersale_tell_refund_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Another attempt after one that failed is told as sent again, not as approved again.
    PERFORM aftersale_tell(
        NEW.shop_id, k.kind, 'ticket:' || NEW.ticket_id, coalesce(k.moment, now()),
        aftersale_refund_facts(NEW, s.code, t.ticket_no, t.order_no))
       FROM aftersale_ticket t, aftersale_shop s, (VALUES
            ('requested', 'refund.requested', NEW.requested_at,
             OLD.status IN ('failed', 'taken_back')),
            ('sending', 'refund.sent', NULL, OLD.status = 'requested'),
            ('succeeded', 'refund.succeeded', NEW.settled_at, true),
            ('failed', 'refund.failed', NEW.settled_at, true),
            ('taken_back', 'refund.taken_back', NEW.settled_at, true)
        ) AS k (status, kind, moment, holds)
      WHERE k.status = NEW.status AND k.holds AND t.id = NEW.ticket_id AND s.id = NEW.shop_id
        AND NEW.shop_id IN (SELECT shop_id FROM aftersale_webhookendpoint WHERE enabled);
    RETURN NULL;
END $$;
CREATE TRIGGER aftersale_tell_refund_changed AFTER UPDATE ON aftersale_refund
    FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION aftersale_tell_refund_changed();

CREATE FUNCTION aftersale_tell_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM aftersale_tell(
        NEW.shop_id, CASE WHEN NEW.closed_at IS NULL THEN 'window.opened' ELSE 'window.closed' END,
        'window:' || NEW.id, coalesce(NEW.closed_at, NEW.opened_at),
        jsonb_build_object(
            'shop', s.code, 'order_no', o.order_no, 'window_id', NEW.id,
            'opened_at', NEW.opened_at, 'closes_at', NEW.closes_at)
        || CASE WHEN NEW.closed_at IS NULL THEN '{}'
                ELSE jsonb_build_object('closed_at', NEW.closed_at) END)
       FROM aftersale_order o JOIN aftersale_shop s ON s.id = o.shop_id
      WHERE o.id = NEW.order_id;
    RETURN NULL;
END $$;
CREATE TRIGGER aftersale_tell_window_opened AFTER INSERT ON aftersale_aftersalewindow
    FOR EACH ROW EXECUTE FUNCTION aftersale_tell_window();
CREATE TRIGGER aftersale_tell_window_closed AFTER UPDATE ON aftersale_aftersalewindow
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION aftersale_tell_window();
"""

GONE = """
DROP TRIGGER aftersale_tell_window_closed ON aftersale_aftersalewindow;
DROP TRIGGER aftersale_tell_window_opened ON aftersale_aftersalewindow;
DROP TRIGGER aftersale_tell_refund_changed ON aftersale_refund;
DROP TRIGGER aftersale_tell_refunds ON aftersale_refund;
DROP TRIGGER aftersale_tell_events ON aftersale_ticketevent;
DROP FUNCTION aftersale_tell_window();
DROP FUNCTION aftersale_tell_refund_changed();
DROP FUNCTION aftersale_tell_refunds();
DROP FUNCTION aftersale_refund_facts(aftersale_refund, text, text, text);
DROP FUNCTION aftersale_tell_events();
DROP FUNCTION aftersale_tell(bigint, text, text, timestamptz, jsonb);
DROP FUNCTION aftersale_yuan(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0012_webhooks")]

    operations = [migrations.RunSQL(TELL, GONE)]
