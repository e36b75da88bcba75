"""Stored pictures of a case, as they are sent to a platform."""

from django.db.models import QuerySet

from aftersale.models import EvidenceFile
from aftersale.platforms.protocol import Picture


def pictures_of(files: QuerySet[EvidenceFile]) -> list[Picture]:
    pictures = []
    for file in files:
        with file.file.open("rb") as opened:
            pictures.append(Picture(file.name, file.content_type, opened.read()))
    return pictures
