"""Figures of requests, products, answers and handling; triggers that mark what changes them."""

from django.db import migrations, models

MARK = """
-- Tickets come in by the thousand: once a statement.
CREATE FUNCTION monitoring_tickets_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(shop_id, applied_at)
       FROM (SELECT DISTINCT shop_id, date_bin('15 minutes', applied_at, '2000-01-01 00:00+00')
               FROM fresh WHERE applied_at < now() - interval '30 minutes')
            AS x (shop_id, applied_at);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_tickets_new AFTER INSERT ON aftersale_ticket
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION monitoring_tickets_new();
-- Not columns that the evaluator writes.
CREATE FUNCTION monitoring_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(NEW.shop_id, NEW.applied_at);
    PERFORM monitoring_mark(OLD.shop_id, OLD.applied_at);
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_ticket_changed
    AFTER UPDATE OF applied_at, reason, amount, products ON aftersale_ticket
    FOR EACH ROW WHEN ((OLD.applied_at, OLD.reason, OLD.amount, OLD.products)
        IS DISTINCT FROM (NEW.applied_at, NEW.reason, NEW.amount, NEW.products))
    EXECUTE FUNCTION monitoring_ticket_changed();

CREATE FUNCTION monitoring_answer_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitoring_mark(t.shop_id, NEW.at) FROM aftersale_ticket t WHERE t.id = NEW.ticket_id;
    RETURN NULL;
END $$;
CREATE TRIGGER monitoring_answer_new AFTER INSERT ON aftersale_ticketevent
    FOR EACH ROW WHEN (NEW.actor = 'person') EXECUTE FUNCTION monitoring_answer_new();
-- Days counted before lack these figures, and are counted anew.
DELETE FROM monitoring_deskday;
"""
GONE = """
DROP TRIGGER monitoring_answer_new ON aftersale_ticketevent;
DROP TRIGGER monitoring_ticket_changed ON aftersale_ticket;
DROP TRIGGER monitoring_tickets_new ON aftersale_ticket;
DROP FUNCTION monitoring_answer_new();
DROP FUNCTION monitoring_ticket_changed();
DROP FUNCTION monitoring_tickets_new();
DELETE FROM monitoring_deskcount WHERE source IN ('request', 'product', 'answer');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0017_tokens_of_steps"),
        ("aftersale", "0056_requests_by_day"),
    ]

    operations = [
        migrations.AlterField("deskcount", "kind", models.CharField(max_length=64)),
        migrations.AlterField("deskcount", "key", models.CharField(max_length=64)),
        migrations.AddField(
            "deskcount", "sample", models.BigIntegerField(db_default=0, default=0)
        ),
        migrations.RunSQL(MARK, GONE),
    ]
