"""Somebody brings files (SPEC O11): they are opened, and kept for as long as they are read."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from aftersale.models import ConnectorKind, FileImport, Shop
from aftersale.services.shared.errors import Refused

from . import kept_files
from .mapping import checked, remember
from .reading.container import opened
from .reading.limits import WrongFile

MOST_FILES = 20
_AHEAD = timedelta(minutes=10)
_NAME = 255


def bring(
    *,
    shop: Shop,
    files: Sequence[tuple[str, IO[bytes]]],
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
            digests=[],
            kind=kept["kind"] if kept else kind,
            mapping=kept,
            exported_at=exported_at,
            seen_at=now,
        )
        for name, content in files:
            _keep(brought, name, content, password)
            brought.digests.append(_digest(content))
        brought.save(update_fields=["digests"])
    return brought


def _keep(brought: FileImport, name: str, content: IO[bytes], password: str) -> None:
    try:
        for plain in opened(name, content, password=password):
            kept_files.keep(brought, plain._replace(name=plain.name[-_NAME:]))
    except WrongFile as wrong:
        message = _("%(file)s: %(problem)s") % {"file": name, "problem": wrong}
        raise Refused(message, pointer="files") from None


def _digest(content: IO[bytes]) -> str:
    content.seek(0)
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
