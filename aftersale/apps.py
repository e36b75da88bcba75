from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save
from django.utils.translation import gettext_lazy as _


class AftersaleConfig(AppConfig):
    name = "aftersale"
    verbose_name = _("After-sale desk")

    def ready(self) -> None:
        from django_q.signals import post_execute_in_worker, pre_execute

        import aftersale.admin.accounts.session  # noqa: F401, its receiver of log-ins
        from aftersale.models import TicketEvent
        from aftersale.services.outbox import wake_webhooks
        from aftersale.services.refunds import second_person
        from aftersale.services.sheets import blocked_buyers, kinds, payments, reject_texts
        from aftersale.signals import left_the_desk, tickets_waiting
        from config import acting

        pre_execute.connect(acting.task_begins, dispatch_uid="acting.begins")
        post_execute_in_worker.connect(acting.task_ends, dispatch_uid="acting.ends")
        kinds.register(blocked_buyers.KIND)
        kinds.register(payments.KIND)
        kinds.register(reject_texts.KIND)
        post_save.connect(
            wake_webhooks.on_ticket_event, sender=TicketEvent, dispatch_uid="webhooks.event"
        )
        tickets_waiting.connect(wake_webhooks.on_tickets_waiting, dispatch_uid="webhooks.arrived")
        left_the_desk.connect(second_person.on_left_the_desk, dispatch_uid="second_person.left")
        post_migrate.connect(make_schedules, sender=self, dispatch_uid="aftersale.schedules")


def make_schedules(**_: object) -> None:
    """Schedules: the payer's sweep (due refunds without a task, expired leases), ends of after-sale
    windows, reading from platforms, the sweeps of webhooks and of brought files; daily, deleting
    old webhook messages, answers to old API calls and old entries of the audit trail."""
    from django.db import connection

    from config.queue import DECIDE, PAY, PULL, SLOW, TELL, ensure_schedule

    # `migrate aftersale` alone, on an empty database, comes before the queue has its tables.
    if "django_q_schedule" in connection.introspection.table_names():
        ensure_schedule(name="pay", task="aftersale.tasks.pay", cluster=PAY, minutes=1)
        task = "aftersale.tasks.close_windows"
        ensure_schedule(name="close-windows", task=task, cluster=DECIDE, minutes=1)
        task = "aftersale.tasks.forget_calls"
        ensure_schedule(name="forget-calls", task=task, cluster=DECIDE, minutes=24 * 60)
        task = "aftersale.tasks.forget_trail"
        ensure_schedule(name="forget-trail", task=task, cluster=DECIDE, minutes=24 * 60)
        task = "aftersale.tasks.read_platforms"
        ensure_schedule(name="read-platforms", task=task, cluster=PULL, minutes=1)
        ensure_schedule(name="tell", task="aftersale.tasks.tell", cluster=TELL, minutes=1)
        task = "aftersale.tasks.sweep_files"
        ensure_schedule(name="sweep-files", task=task, cluster=SLOW, minutes=1)
        task = "aftersale.tasks.erase_old"
        ensure_schedule(name="erase-old", task=task, cluster=SLOW, minutes=1440)
        task = "aftersale.tasks.clear_webhooks"
        ensure_schedule(name="clear-webhooks", task=task, cluster=TELL, minutes=1440)
