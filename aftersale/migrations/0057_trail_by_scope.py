"""Filters of the audit trail along indexes of an owner's shops, or of everybody's entries.

Nearly every step writes to the trail, so writing goes on meanwhile; each new index is there before
the one that it replaces goes. What a broken run has left half made is made anew by the next.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


NEW = (
    "audit_all", "audit_all_of_kind", "audit_all_by", "audit_all_whom", "audit_all_from",
    "audit_of_scope_by", "audit_of_scope_whom", "audit_of_scope_from",
)  # fmt: skip


class Migration(migrations.Migration):
    atomic = False
    while_serving = True

    dependencies = [("aftersale", "0056_requests_by_day")]

    operations = [
        migrations.RunSQL(
            [f"DROP INDEX CONCURRENTLY IF EXISTS {name}" for name in NEW], migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("id__gt", 0)), fields=["-at", "-id"], name="audit_all"
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("id__gt", 0)),
                fields=["kind", "-at", "-id"],
                name="audit_all_of_kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("id__gt", 0), ("token", None), ("user__isnull", False)),
                fields=["user", "-at", "-id"],
                include=["kind"],
                name="audit_all_by",
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("id__gt", 0), ("whom__isnull", False)),
                fields=["whom", "-at", "-id"],
                include=["kind"],
                name="audit_all_whom",
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("id__gt", 0), models.Q(("address", ""), _negated=True)),
                fields=["address", "-at", "-id"],
                include=["kind"],
                name="audit_all_from",
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("token", None), ("user__isnull", False)),
                fields=["scope", "user", "-at", "-id"],
                include=["kind"],
                name="audit_of_scope_by",
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("whom__isnull", False)),
                fields=["scope", "whom", "-at", "-id"],
                include=["kind"],
                name="audit_of_scope_whom",
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("address", ""), _negated=True),
                fields=["scope", "address", "-at", "-id"],
                include=["kind"],
                name="audit_of_scope_from",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="auditentry",
            name="audit_newest",
        ),
        RemoveIndexConcurrently(
            model_name="auditentry",
            name="audit_of_kind",
        ),
        RemoveIndexConcurrently(
            model_name="auditentry",
            name="audit_by",
        ),
        RemoveIndexConcurrently(
            model_name="auditentry",
            name="audit_whom",
        ),
        RemoveIndexConcurrently(
            model_name="auditentry",
            name="audit_from",
        ),
    ]
