"""Files of back offices that people bring, row by row, and what became of each (SPEC O11)."""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.domain.multilingual import SaidField

from .shop import Shop

# Stands for the moment of an export that does not say when it was made: old, whatever it holds.
NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class ImportState(models.TextChoices):
    """How far a file is. `mapping`: its head is not known. `ready`: looked through, and
    waits for a person to say go."""

    READING = "reading", _("Being read")
    MAPPING = "mapping", _("Columns to be mapped")
    READY = "ready", _("Read, not taken in yet")
    WRITING = "writing", _("Being taken in")
    DONE = "done", pgettext_lazy("import", "Taken in")
    CANCELLED = "cancelled", pgettext_lazy("import", "Put aside")
    FAILED = "failed", pgettext_lazy("import", "Could not be read")


IMPORT_UNDER_WAY = [ImportState.READING, ImportState.WRITING]


class RowOutcome(models.TextChoices):
    """The effect of a row, done or previewed."""

    NEW = "new", pgettext_lazy("row", "New")
    CHANGED = "changed", pgettext_lazy("row", "Changed")
    UNCHANGED = "unchanged", pgettext_lazy("row", "Unchanged")
    OLDER = "older", pgettext_lazy("row", "Older than stored")
    LEFT_OUT = "left_out", pgettext_lazy("row", "Left out")
    REFUSED = "refused", pgettext_lazy("row", "Refused")


class FileImport(models.Model):
    """One or several files that somebody brought at once.

    `tables`: what each sheet was recognised as, and when it was exported. `counts`: by kind of
    record and outcome. `exported_at` is what the person said, where they said it.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="file_imports", db_index=False, verbose_name=_("shop")
    )
    created_at = models.DateTimeField(_("brought at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("brought by"),
    )
    state = models.CharField(
        _("state"), max_length=16, choices=ImportState, default=ImportState.READING
    )
    names = ArrayField(models.CharField(max_length=255), verbose_name=_("files"))
    digests = ArrayField(models.CharField(max_length=64), editable=False)
    kind = models.CharField(max_length=16, blank=True, editable=False)
    mapping = models.JSONField(null=True, editable=False)
    exported_at = models.DateTimeField(_("exported at"), null=True)
    tables = models.JSONField(_("recognised as"), default=list)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    counts = models.JSONField(_("counts"), default=dict)
    error = SaidField(_("error"), blank=True, default="")
    seen_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("brought file")
        verbose_name_plural = _("brought files")
        ordering = ["-id"]
        indexes = [models.Index(fields=["shop", "-id"], name="file_import_newest")]

    def __str__(self) -> str:
        return ", ".join(self.names)


class ImportFile(models.Model):
    """A file until its rows are read; then it is deleted, since it holds buyers' data."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    saved_at = models.DateTimeField(null=True)
    # False where its own clock is not known: a zip has no time zone.
    saved_at_is_local = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class ImportPiece(models.Model):
    """A part of a file's content: whole, it would be held in memory several times over."""

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="pieces", db_index=False)
    place = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "place"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.place}"


class ImportRow(models.Model):
    """A row's cells in the columns that are read, and nothing else of it."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="rows", db_index=False)
    # Place in FileImport.tables, and the row as a spreadsheet counts.
    table = models.PositiveSmallIntegerField()
    row = models.PositiveIntegerField()
    # True for rows of orders, False for after-sale requests.
    of_order = models.BooleanField()
    key = models.CharField(max_length=64)
    cells = models.JSONField()
    outcome = models.CharField(max_length=16, choices=RowOutcome, blank=True)
    # Why it is refused, or what else is to be said of it.
    note = SaidField(blank=True, default="")
    written = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file_import", "table", "row"], name="import_row_once")
        ]
        indexes = [
            # All rows of an order together, orders before requests.
            models.Index(
                fields=["file_import", "-of_order", "key", "table", "row"], name="import_row_by_key"
            ),
            models.Index(
                fields=["file_import", "outcome", "table", "row"], name="import_row_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table}:{self.row}"


class ColumnMapping(models.Model):
    """The meaning of a shop's columns, where no layout is known: set once by a person."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="column_mappings", verbose_name=_("shop")
    )
    kind = models.CharField(_("kind"), max_length=16)
    heads = ArrayField(models.CharField(max_length=128), verbose_name=_("columns"))
    content = models.JSONField(_("mapping"))
    revision = models.PositiveIntegerField(_("revision"), default=1)
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "heads"], name="column_mapping_once")
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.kind}"


class ExportedLine(models.Model):
    """The number here of a line that the platform's files name otherwise (SPEC O11)."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", db_index=False)
    order_no = models.CharField(max_length=64)
    line_key = models.CharField(max_length=400)
    line_no = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "order_no", "line_key"], name="exported_line_once"
            ),
            models.CheckConstraint(condition=Q(line_no__gte=1), name="exported_line_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.order_no} {self.line_no}"
