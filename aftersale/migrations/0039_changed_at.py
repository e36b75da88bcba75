"""When rows were last changed here, written by a trigger, for programs that poll."""

import aftersale.models.changed_at
import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations

TABLES = ["aftersalewindow", "order", "refund", "ticket"]
TRIGGERS = """
CREATE FUNCTION aftersale_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END $$;
""" + "\n".join(
    f"CREATE TRIGGER aftersale_changed BEFORE UPDATE ON aftersale_{table}"
    " FOR EACH ROW EXECUTE FUNCTION aftersale_changed();"
    for table in TABLES
)
GONE = "\n".join(f"DROP TRIGGER aftersale_changed ON aftersale_{table};" for table in TABLES)
GONE += "\nDROP FUNCTION aftersale_changed();"


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0038_steps_beside'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='aftersalewindow',
            name='changed_at',
            field=aftersale.models.changed_at.ChangedAtField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed here at'),
        ),
        migrations.AddField(
            model_name='order',
            name='changed_at',
            field=aftersale.models.changed_at.ChangedAtField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed here at'),
        ),
        migrations.AddField(
            model_name='refund',
            name='changed_at',
            field=aftersale.models.changed_at.ChangedAtField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed here at'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='changed_at',
            field=aftersale.models.changed_at.ChangedAtField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed here at'),
        ),
        migrations.AddIndex(
            model_name='aftersalewindow',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['changed_at'], name='window_changed', pages_per_range=16),
        ),
        migrations.AddIndex(
            model_name='order',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['changed_at'], name='order_changed', pages_per_range=16),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['changed_at'], name='refund_changed', pages_per_range=16),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['changed_at'], name='ticket_changed', pages_per_range=16),
        ),
        migrations.RunSQL(TRIGGERS, GONE),
    ]
