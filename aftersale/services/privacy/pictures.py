"""Deleting pictures of the desk, file first (SPEC P7)."""

from collections.abc import Iterable

import structlog
from django.db.models import F, Q, QuerySet

from aftersale.models import OPEN_STATES, EvidenceFile
from aftersale.services.buyers.erased import PREFIX

log = structlog.get_logger(__name__)


def deletable(files: QuerySet[EvidenceFile]) -> QuerySet[EvidenceFile]:
    """Those that are not still to be sent to a platform."""
    under_way = Q(rejection__platform_step__state__in=OPEN_STATES) | Q(
        negotiation__platform_step__state__in=OPEN_STATES
    )
    # An answer to return freight goes out with the refund of its ticket.
    under_way |= Q(
        return_freight__isnull=False,
        return_freight__ticket__refund__next_step_at__isnull=False,
    )
    return files.exclude(under_way)


def delete(files: Iterable[EvidenceFile]) -> int:
    """Deletes each file and then its row, so that a row stays as long as there is a file."""
    deleted = 0
    for row in files:
        try:
            row.file.delete(save=False)
        except OSError as error:
            log.error("picture_not_deleted", error=type(error).__name__, number=error.errno)
            continue
        EvidenceFile.objects.filter(pk=row.pk).delete()
        deleted += 1
    return deleted


def left_of_erased() -> QuerySet[EvidenceFile]:
    """Pictures of erased buyers that were under way, or that a crash has left."""
    found = EvidenceFile.objects.filter(
        ticket__buyer__startswith=PREFIX,
        ticket__shop__erased_buyers__stand_in=F("ticket__buyer"),
        ticket__shop__erased_buyers__erased_at__gte=F("uploaded_at"),
    )
    return deletable(found)
