"""Money taken of each line by tickets, and tickets that a person has said no to (SPEC E2).

Filled from the tickets and their events: an event names every rejection, and every refund that a
person took back.
"""

from django.db import migrations, models


FILL = """
UPDATE aftersale_orderline l SET taken = s.taken
  FROM (SELECT order_id, line_no, sum(committed)::bigint AS taken FROM aftersale_ticket
         WHERE order_id IS NOT NULL AND line_no IS NOT NULL AND committed > 0
         GROUP BY order_id, line_no) s
 WHERE l.order_id = s.order_id AND l.line_no = s.line_no;
UPDATE aftersale_ticket t SET rejected_before = true
 WHERE t.status = 'rejected'
    OR t.id IN (SELECT ticket_id FROM aftersale_ticketevent WHERE to_status = 'rejected');
UPDATE aftersale_ticket t SET taken_back = true
 WHERE t.id IN (SELECT ticket_id FROM aftersale_ticketevent
                 WHERE from_status = 'refunding' AND to_status = 'pending_review'
                   AND actor = 'person');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('aftersale', '0018_awaiting_evaluation'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='taken',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='refunded or approved here'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='rejected_before',
            field=models.BooleanField(db_default=False, default=False, verbose_name='rejected before'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='taken_back',
            field=models.BooleanField(db_default=False, default=False, verbose_name='its refund was taken back'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('taken__gte', 0)), name='order_line_taken_not_negative'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
