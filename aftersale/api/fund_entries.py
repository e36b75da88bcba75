"""`/fund-entries`: the movements of the shop's wallet and deposit (SPEC W3)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, RootModel
from rest_framework.request import Request

from aftersale.api.parse_request import query
from aftersale.models import FundEntry, Scope
from aftersale.records.schemas import Fund, FundEntryRecord
from aftersale.records.values import Code
from aftersale.services.access import rights
from aftersale.services.access.masks import shown_text
from aftersale.services.access.rights import Right
from aftersale.services.windows.funds import lock_for_fund_entries, save_fund_entries

from . import schema
from .call import Call
from .ingest import Kind, RecordResult, UpTo1000, ingest
from .lists import Page, PageQuery, page_of
from .values import Moment, Yuan


class SentEntry(FundEntryRecord):
    """The shop is the token's, and may be left out."""

    shop: Code | None = None  # type: ignore[assignment]


class EntryResult(RecordResult):
    entry_no: str | None


class EntryResults(BaseModel):
    """One for each record, in the sequence of the list."""

    results: list[EntryResult]


class SentEntries(RootModel[SentEntry | UpTo1000[SentEntry]]):
    """One entry, or a list of up to 1,000."""


class EntriesAnswer(RootModel[EntryResult | EntryResults]):
    """Of one entry its result, of a list all of them."""


KIND = Kind(
    SentEntry,
    number="entry_no",
    keys=lambda entry: len(entry.model_fields_set),
    save=save_fund_entries,
    lock=lock_for_fund_entries,
    result=EntryResult,
    results=EntryResults,
    has_address=False,
)


class EntriesQuery(PageQuery):
    fund: Fund | None = None


class ShownEntry(BaseModel):
    """`kind`: reported from outside, one of our own debits and returns, or a correction."""

    fund: Fund
    entry_no: str
    amount: Yuan
    at: Moment
    note: str
    kind: str
    balance_after: Yuan


class EntryPage(Page[ShownEntry]):
    pass


class FundEntriesCall(Call):
    scopes = {"GET": Scope.READ, "POST": Scope.FUNDS}

    @extend_schema(
        operation_id="list_fund_entries",
        summary="Entries of the wallet and the deposit",
        parameters=schema.parameters(EntriesQuery),
        responses=EntryPage,
        tags=["funds"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first, as they were entered."""
        asked = query(request, EntriesQuery)
        found = FundEntry.objects.filter(fund__shop=self.shop_id).select_related("fund")
        if asked.fund is not None:
            found = found.filter(fund__kind=asked.fund)
        return page_of(request, found, _fund_entries, page=EntryPage)

    @extend_schema(
        operation_id="send_fund_entries",
        summary="Send entries of the wallet and the deposit",
        request=SentEntries,
        responses={200: EntriesAnswer, 201: EntryResult},
        tags=["funds"],
    )
    def post(self, request: Request) -> HttpResponse:
        """One entry or a list of up to 1,000, each with a result of its own. An entry is never
        changed: the same number with another content is refused. The token's user must be an owner
        of the shop (SPEC P1, W3)."""
        rights.require(self.user, self.shop_id, Right.CHANGE_SHOP)
        return ingest(self, request, KIND)


def _fund_entries(rows: Sequence[Any]) -> list[ShownEntry]:
    return [
        ShownEntry(
            fund=row.fund.kind,
            entry_no=row.entry_no,
            amount=row.amount,
            at=row.at,
            note=shown_text(row.note, ""),
            kind=row.kind,
            balance_after=row.balance_after,
        )
        for row in rows
    ]
