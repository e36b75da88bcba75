"""Since when a ticket waits for the automation: written by a trigger, as many ways make one wait."""

from django.db import migrations, models


TRIGGER = """
CREATE FUNCTION aftersale_waits_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NOT OLD.waits OR NEW.waits_since IS NULL THEN
        NEW.waits_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER aftersale_waits_since BEFORE INSERT OR UPDATE ON aftersale_ticket
    FOR EACH ROW WHEN (NEW.waits) EXECUTE FUNCTION aftersale_waits_since();
UPDATE aftersale_ticket SET waits_since = now() WHERE waits;
"""
UNDO = """
DROP TRIGGER aftersale_waits_since ON aftersale_ticket;
DROP FUNCTION aftersale_waits_since();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0016_said_in_every_language'),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='waits_since',
            field=models.DateTimeField(editable=False, null=True, verbose_name='waits since'),
        ),
        migrations.RunSQL(TRIGGER, UNDO),
    ]
