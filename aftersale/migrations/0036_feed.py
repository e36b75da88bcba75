"""The feed of events: triggers write it, and webhooks are filled from it (docs/adr/0007).

Where no program listens, the triggers look at two tiny tables a statement and write nothing.
"""

import re
from importlib import import_module

import django.db.models.deletion
from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models
from django.db.models import Func
from django.db.models.functions import Cast

TELL = """
-- Shops that a program listens to.
CREATE FUNCTION aftersale_listened() RETURNS TABLE (shop_id bigint) LANGUAGE sql STABLE AS $$
    SELECT w.shop_id FROM aftersale_webhookendpoint w WHERE w.enabled
    UNION
    SELECT t.shop_id FROM aftersale_apitoken t
     WHERE t.revoked_at IS NULL AND 'read' = ANY (t.scopes)
$$;

-- One message for each endpoint of the shop that wants this type.
CREATE FUNCTION aftersale_feed_to_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO aftersale_webhookmessage
        (endpoint_id, type, subject, at, data, state, attempts, failure)
    SELECT w.id, e.type, e.subject, e.at, e.data, 'waiting', 0, ''
      FROM fresh e
      JOIN aftersale_webhookendpoint w ON w.shop_id = e.shop_id AND w.enabled
           AND e.type = ANY (w.types)
     ORDER BY e.id, w.id;
    RETURN NULL;
END $$;
CREATE TRIGGER aftersale_feed_to_webhooks AFTER INSERT ON aftersale_feedevent
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION aftersale_feed_to_webhooks();

CREATE OR REPLACE FUNCTION aftersale_tell(
    shop bigint, kind text, about text, moment timestamptz, facts jsonb
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT shop, kind, about, moment, facts
     WHERE shop IN (SELECT shop_id FROM aftersale_listened())
$$;

CREATE OR REPLACE FUNCTION aftersale_tell_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_listened()) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT t.shop_id, k.type, 'ticket:' || t.id, e.at,
        jsonb_build_object(
            'shop', s.code, 'ticket_no', t.ticket_no, 'order_no', t.order_no, 'type', t.type,
            'reason', t.reason, 'amount', aftersale_yuan(t.amount))
        || CASE e.kind
            WHEN 'arrived' THEN jsonb_build_object('status', t.status)
            WHEN 'status' THEN jsonb_build_object(
                'what', e.kind, 'by', e.actor, 'from', e.from_status, 'status', e.to_status)
            ELSE jsonb_build_object('what', e.kind, 'by', e.actor, 'status', t.status)
        END
       FROM fresh e
       JOIN (VALUES ('arrived', 'ticket.arrived'), ('status', 'ticket.updated'),
                    ('reported', 'ticket.updated'), ('flag', 'ticket.updated')
            ) AS k (kind, type) ON k.kind = e.kind
       JOIN aftersale_ticket t ON t.id = e.ticket_id
       JOIN aftersale_shop s ON s.id = t.shop_id
      WHERE t.shop_id IN (SELECT shop_id FROM aftersale_listened())
      ORDER BY e.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION aftersale_tell_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aftersale_listened()) THEN
        RETURN NULL;
    END IF;
    INSERT INTO aftersale_feedevent (shop_id, type, subject, at, data)
    SELECT r.shop_id, 'refund.' || r.status, 'ticket:' || r.ticket_id,
        CASE r.status WHEN 'requested' THEN r.requested_at ELSE coalesce(r.settled_at, now()) END,
        aftersale_refund_facts(r, s.code, t.ticket_no, t.order_no)
       FROM fresh r
       JOIN aftersale_ticket t ON t.id = r.ticket_id
       JOIN aftersale_shop s ON s.id = r.shop_id
      WHERE r.status IN ('requested', 'succeeded', 'failed')
        AND r.shop_id IN (SELECT shop_id FROM aftersale_listened())
      ORDER BY r.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION aftersale_tell_refund_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
        AND NEW.shop_id IN (SELECT shop_id FROM aftersale_listened());
    RETURN NULL;
END $$;
"""

_BODIES = re.findall(
    r"CREATE FUNCTION aftersale_tell\w*\(.*?\$\$;",
    import_module("aftersale.migrations.0013_outbox").TELL,
    re.DOTALL,
)
UNTELL = "\n".join(
    [
        *(body.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1) for body in _BODIES),
        "DROP TRIGGER aftersale_feed_to_webhooks ON aftersale_feedevent;",
        "DROP FUNCTION aftersale_feed_to_webhooks();",
        "DROP FUNCTION aftersale_listened();",
    ]
)
_CURRENT = Cast(
    Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
)


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0035_file_imports")]

    operations = [
        migrations.CreateModel(
            name="FeedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("transaction", models.BigIntegerField(db_default=_CURRENT, editable=False)),
                ("type", models.CharField(max_length=32, verbose_name="event")),
                ("subject", models.CharField(max_length=40, verbose_name="about")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("data", models.JSONField(verbose_name="data")),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="aftersale.shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "event of the feed",
                "verbose_name_plural": "events of the feed",
                "indexes": [
                    models.Index(fields=["shop", "transaction", "id"], name="feed_in_order"),
                    BrinIndex(fields=["at"], name="feed_by_age"),
                ],
            },
        ),
        migrations.RunSQL(TELL, UNTELL),
    ]
