"""The trigger that tells webhooks of alerts (SPEC M4, docs/adr/0007)."""

from django.db import migrations

TELL = """
CREATE FUNCTION monitoring_tell_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM aftersale_tell(
        NEW.shop_id, 'alert.raised', 'alert:' || NEW.id, NEW.raised_at,
        jsonb_build_object('shop', s.code, 'alert_id', NEW.id, 'kind', NEW.kind, 'day', NEW.day)
        || jsonb_strip_nulls(jsonb_build_object(
            CASE NEW.kind WHEN 'cap' THEN 'strategy' WHEN 'breaker' THEN 'strategy'
                WHEN 'refund_failed' THEN 'ticket_no' WHEN 'deadline' THEN 'ticket_no'
                WHEN 'shipping' THEN 'order_no' ELSE 'about' END, NEW.facts->>'name',
            'percent', CASE WHEN NEW.kind = 'cap' THEN NEW.threshold END,
            'used', aftersale_yuan((NEW.facts->>'used')::bigint),
            'cap', aftersale_yuan((NEW.facts->>'cap')::bigint),
            'amount', aftersale_yuan((NEW.facts->>'amount')::bigint),
            'hits', NEW.facts->'hits',
            'minutes', NEW.facts->'minutes',
            'status', NEW.facts->>'status',
            'due_at', NEW.facts->>'due_at',
            'because', coalesce(NEW.facts->>'because', NEW.facts->>'kind'))))
       FROM aftersale_shop s WHERE s.id = NEW.shop_id;
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_tell_alert AFTER INSERT ON monitoring_alert
    FOR EACH ROW EXECUTE FUNCTION monitoring_tell_alert();
"""

GONE = """
DROP TRIGGER monitoring_tell_alert ON monitoring_alert;
DROP FUNCTION monitoring_tell_alert();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0005_webhook_alerts"),
        ("aftersale", "0013_outbox"),
    ]

    operations = [migrations.RunSQL(TELL, GONE)]
