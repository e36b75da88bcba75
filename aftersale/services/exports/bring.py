"""Somebody brings files (SPEC O11): they are opened, and kept for as long as they are read."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.models import ConnectorKind, FileImport, ImportFile, Shop
from aftersale.services.shared.errors import Refused

from .mapping import checked, remember
from .reading.container import opened
from .reading.limits import WrongFile

MOST_FILES = 20
_AHEAD = timedelta(minutes=10)
_NAME = 255


def bring(
    *,
    shop: Shop,
    files: Sequence[tuple[str, bytes]],
    user: User | None,
    now: datetime,
    kind: str = "",
    mapping: Any = None,
    exported_at: datetime | None = None,
    password: str = "",
) -> FileImport:
    """Keeps files to be read; `user`: None for a command. Raises Refused, naming the file."""
    if shop.connector == ConnectorKind.PLATFORM:
        raise Refused(
            _("This shop reads its orders from the platform itself: files would only be older.")
        )
    if not files:
        raise Refused(_("Choose a file."), pointer="files")
    if len(files) > MOST_FILES:
        raise Refused(_("At most %d files at once.") % MOST_FILES, pointer="files")
    if exported_at is not None and exported_at > now + _AHEAD:
        raise Refused(_("The moment of the export has not come yet."), pointer="exported_at")
    with transaction.atomic():
        kept = None
        if mapping is not None:
            kept = remember(shop_id=shop.pk, content=checked(mapping), user=user, now=now)
        brought = FileImport.objects.create(
            shop=shop,
            created_at=now,
            created_by=user,
            names=[name[-_NAME:] for name, _content in files],
            digests=[hashlib.sha256(content).hexdigest() for _name, content in files],
            kind=kept["kind"] if kept else kind,
            mapping=kept,
            exported_at=exported_at,
            seen_at=now,
        )
        for name, content in files:
            _keep(brought, name, content, password)
    return brought


def _keep(brought: FileImport, name: str, content: bytes, password: str) -> None:
    try:
        for plain in opened(name, content, password=password):
            at = plain.saved_at
            ImportFile.objects.create(
                file_import=brought,
                name=plain.name[-_NAME:],
                content=plain.content,
                saved_at=at.replace(tzinfo=UTC) if at and at.tzinfo is None else at,
                saved_at_is_local=bool(at and at.tzinfo is None),
            )
    except WrongFile as wrong:
        message = _("%(file)s: %(problem)s") % {"file": name, "problem": wrong}
        raise Refused(message, pointer="files") from None
