from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "monitoring"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        from django_q.signals import post_execute_in_worker, pre_execute

        from aftersale.services.privacy import places
        from aftersale.signals import to_be_archived, to_be_told
        from config import heartbeat, traces
        from monitoring import wiring
        from monitoring.services import heartbeats, personal_data

        places.register(*personal_data.PLACES)
        to_be_told.connect(wiring.on_to_be_told, dispatch_uid="monitoring.to_be_told")
        to_be_archived.connect(wiring.on_to_be_archived, dispatch_uid="monitoring.archived")
        if settings.TRACES_ENDPOINT:
            traces.begin()
            pre_execute.connect(traces.task_begins, dispatch_uid="traces.begins")
            post_execute_in_worker.connect(traces.task_ends, dispatch_uid="traces.ends")
        for signal in (pre_execute, post_execute_in_worker):
            signal.connect(heartbeat.beat, dispatch_uid="monitoring.beat")
        post_execute_in_worker.connect(heartbeats.on_task, dispatch_uid="monitoring.heartbeat")
        post_migrate.connect(wiring.on_migrated, sender=self, dispatch_uid="monitoring.schedules")
