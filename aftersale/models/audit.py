"""The audit trail: what people, programs and operators did (SPEC P6)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField
from config import acting

from .choices import AuditKind
from .shop import Shop
from .token import ApiToken

# True of every entry: PostgreSQL uses the indexes that are under it only for a query that says so,
# too. An owner's query doesn't, whose entries may be a thousandth of those of such an index.
EVERYBODYS_ENTRIES = Q(id__gt=0)


class AuditEntry(models.Model):
    """One step: what, when, who or which token, from where, in which request.

    Append-only: the database refuses changes, and deleting before 400 days (migration 0045). The
    one exception is `filters`, from which erasing a buyer takes their numbers (SPEC P7); nothing
    else of an entry may hold a buyer's data. Rows it names are kept by their keys without database
    constraints, so that nothing that is deleted touches the trail.
    """

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=24, choices=AuditKind)
    # None: nobody who is known (a failed log-in), the automation, or a command on the machine. A
    # token's step has its maker here, whose rights it acts with; pages name the token.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("by"),
    )
    token = models.ForeignKey(
        ApiToken,
        models.DO_NOTHING,
        null=True,
        default=acting.token,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("API token"),
    )
    # Empty for a command on the machine, and for the automation.
    address = models.CharField(
        _("from the address"), max_length=45, blank=True, default=acting.address
    )
    request_id = models.CharField(
        _("request"), max_length=32, blank=True, default=acting.request_id
    )
    shop = models.ForeignKey(
        Shop,
        models.DO_NOTHING,
        null=True,
        related_name="entries",
        db_constraint=False,
        db_index=False,
        verbose_name=_("shop"),
    )
    # The account that it was done to.
    whom = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("account"),
    )
    # A ticket's number, a strategy's name, an address of the API: what the step was taken on.
    subject = models.CharField(_("on"), max_length=200, blank=True, default="")
    note = SaidField(_("note"), blank=True, default="")
    # Of an export: what was filtered and searched for; of the block list: the buyer.
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    rows = models.PositiveIntegerField(_("rows"), null=True)
    # Whose entry it is, for one index: a shop's (its key), else an account's (its key, negative),
    # else the installation's (0).
    scope = models.GeneratedField(
        expression=Coalesce(
            Cast(F("shop"), models.BigIntegerField()),
            Value(0) - Cast(F("whom"), models.BigIntegerField()),
            Value(0),
            output_field=models.BigIntegerField(),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-id"]
        # The page's filters, each with its entries newest first: everybody's for operators, a
        # scope's for owners. The step is in them, so that it and one more filter are judged without
        # reading entries.
        indexes = [
            models.Index(fields=["-at", "-id"], condition=EVERYBODYS_ENTRIES, name="audit_all"),
            models.Index(
                fields=["kind", "-at", "-id"],
                condition=EVERYBODYS_ENTRIES,
                name="audit_all_of_kind",
            ),
            models.Index(
                fields=["user", "-at", "-id"],
                condition=EVERYBODYS_ENTRIES & Q(user__isnull=False, token=None),
                include=["kind"],
                name="audit_all_by",
            ),
            models.Index(
                fields=["whom", "-at", "-id"],
                condition=EVERYBODYS_ENTRIES & Q(whom__isnull=False),
                include=["kind"],
                name="audit_all_whom",
            ),
            models.Index(
                fields=["address", "-at", "-id"],
                condition=EVERYBODYS_ENTRIES & ~Q(address=""),
                include=["kind"],
                name="audit_all_from",
            ),
            models.Index(fields=["scope", "-at", "-id"], name="audit_of_scope"),
            models.Index(fields=["scope", "kind", "-at", "-id"], name="audit_of_scope_and_kind"),
            models.Index(
                fields=["scope", "user", "-at", "-id"],
                condition=Q(user__isnull=False, token=None),
                include=["kind"],
                name="audit_of_scope_by",
            ),
            models.Index(
                fields=["scope", "whom", "-at", "-id"],
                condition=Q(whom__isnull=False),
                include=["kind"],
                name="audit_of_scope_whom",
            ),
            models.Index(
                fields=["scope", "address", "-at", "-id"],
                condition=~Q(address=""),
                include=["kind"],
                name="audit_of_scope_from",
            ),
            # Few entries each, whoever looks.
            models.Index(
                fields=["token", "-at", "-id"],
                condition=Q(token__isnull=False),
                name="audit_by_token",
            ),
            models.Index(
                fields=["request_id", "-at", "-id"],
                condition=~Q(request_id=""),
                name="audit_of_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"
