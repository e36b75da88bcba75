"""Renames `waits` to `awaiting_evaluation`, `waits_since` to `awaiting_since` and `spent` to
`scenarios_hit`; the trigger that dates the wait follows."""

from django.db import migrations, models


def trigger(name, flag, since):
    return f"""
CREATE FUNCTION aftersale_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NOT OLD.{flag} OR NEW.{since} IS NULL THEN
        NEW.{since} := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER aftersale_{name} BEFORE INSERT OR UPDATE ON aftersale_ticket
    FOR EACH ROW WHEN (NEW.{flag}) EXECUTE FUNCTION aftersale_{name}();
"""


def drop(name):
    return f"DROP TRIGGER aftersale_{name} ON aftersale_ticket; DROP FUNCTION aftersale_{name}();"


OLD = ("waits_since", "waits", "waits_since")
NEW = ("awaiting_since", "awaiting_evaluation", "awaiting_since")


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0017_waits_since'),
    ]

    operations = [
        migrations.RunSQL(drop(OLD[0]), trigger(*OLD)),
        migrations.RenameField('ticket', 'waits', 'awaiting_evaluation'),
        migrations.RenameField('ticket', 'waits_since', 'awaiting_since'),
        migrations.RenameField('ticket', 'spent', 'scenarios_hit'),
        # PostgreSQL renames the column inside them by itself.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='ticket',
                    name='ticket_waits_only_for_review',
                ),
                migrations.RemoveIndex(
                    model_name='ticket',
                    name='ticket_waiting',
                ),
                migrations.AddIndex(
                    model_name='ticket',
                    index=models.Index(condition=models.Q(('awaiting_evaluation', True)), fields=['shop', 'applied_at', 'ticket_no'], name='ticket_waiting'),
                ),
                migrations.AddConstraint(
                    model_name='ticket',
                    constraint=models.CheckConstraint(condition=models.Q(('awaiting_evaluation', False), models.Q(('order__isnull', False), ('status', 'pending_review'), models.Q(('flags__overlap', ['differs', 'line_missing', 'before_connection', 'platform_pays', 'platform_refused']), _negated=True)), _connector='OR'), name='ticket_waits_only_for_review'),
                ),
            ]
        ),
        migrations.RunSQL(trigger(*NEW), drop(NEW[0])),
    ]
