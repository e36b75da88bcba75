"""The addresses of the workbench, under /admin/workbench/."""

from django.urls import path

from . import among_us, decisions, payments, second_person, views

urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("rows/", views.rows, name="workbench-rows"),
    path("count/", views.count, name="workbench-count"),
    path("handlers/", views.handlers, name="workbench-handlers"),
    path("keys/", views.keys, name="workbench-keys"),
    path("case/<int:ticket_id>/", views.open_case, name="case"),
    path("case/<int:ticket_id>/pulse/", views.pulse, name="case-pulse"),
    path("case/<int:ticket_id>/approve/", decisions.approve, name="approve"),
    path("case/<int:ticket_id>/confirm/", decisions.confirm_return, name="confirm-return"),
    path("case/<int:ticket_id>/retry/", decisions.retry, name="retry"),
    path("case/<int:ticket_id>/close/", decisions.close, name="close"),
    path("case/<int:ticket_id>/paid/", payments.paid, name="paid"),
    path("case/<int:ticket_id>/not-paid/", payments.not_paid, name="not-paid"),
    path("case/<int:ticket_id>/was-paid/", payments.was_paid, name="was-paid"),
    path("case/<int:ticket_id>/internal-note/", among_us.internal_note, name="internal-note"),
    path("case/<int:ticket_id>/hand-over/", among_us.hand_over, name="hand-over"),
    path("case/<int:ticket_id>/confirm-approval/", second_person.confirm, name="second-confirm"),
    path("case/<int:ticket_id>/decline-approval/", second_person.decline, name="second-decline"),
    path("case/<int:ticket_id>/take/", decisions.take, name="take"),
    path("case/<int:ticket_id>/hand-back/", decisions.hand_back, name="hand-back"),
]
