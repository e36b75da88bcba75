"""A task that waits in the queue is there once with the same arguments (config/broker.py; SPEC E1)."""

from django.db import migrations

FORWARDS = """
ALTER TABLE django_q_ormq ADD COLUMN wake text;
CREATE UNIQUE INDEX django_q_ormq_wake_once ON django_q_ormq (key, wake);
"""
BACKWARDS = "ALTER TABLE django_q_ormq DROP COLUMN wake"


class Migration(migrations.Migration):
    dependencies = [
        ("aftersale", "0040_columns_to_be_mapped"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
