"""Days of known ends are counted once more (SPEC M6) where a ticket that is over learns how it
ended: arbitration's result or the goods came later than its last step, or it was refunded after
all."""

from django.db import migrations

# Arbitration for the merchant is counted on the day on which it ended.
UPHELD = """
CREATE OR REPLACE FUNCTION monitoring_upheld_changed(ticket bigint) RETURNS void LANGUAGE sql AS $$
    SELECT monitoring_mark(t.shop_id, e.at + interval '7 days')
      FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
     WHERE e.ticket_id = ticket AND e.to_status = 'rejected'{more}
$$;
"""
WON = """;
    SELECT monitoring_mark(t.shop_id, e.at)
      FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
     WHERE e.ticket_id = ticket AND e.from_status = 'arbitration'
"""
LATER = (
    UPHELD.format(more=WON)
    + """
CREATE FUNCTION monitoring_ended_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(shop_id, settled_at) FROM aftersale_refund
      WHERE ticket_id = NEW.id AND settled_at IS NOT NULL;
    PERFORM monitoring_upheld_changed(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_ended_ticket_changed
    AFTER UPDATE OF status, arbitration_result, return_shipped_at, goods_received_at
    ON aftersale_ticket FOR EACH ROW WHEN (
        (OLD.arbitration_result, OLD.return_shipped_at, OLD.goods_received_at)
            IS DISTINCT FROM (NEW.arbitration_result, NEW.return_shipped_at, NEW.goods_received_at)
        OR (OLD.status IN ('cancelled', 'closed') AND NEW.status <> OLD.status))
    EXECUTE FUNCTION monitoring_ended_ticket_changed();
"""
)
GONE = (
    """
DROP TRIGGER monitoring_ended_ticket_changed ON aftersale_ticket;
DROP FUNCTION monitoring_ended_ticket_changed();
"""
    + UPHELD.format(more="")
)


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0018_requests_and_answers"),
        ("aftersale", "0055_answers_of_platforms"),
    ]

    operations = [migrations.RunSQL(LATER, GONE)]
