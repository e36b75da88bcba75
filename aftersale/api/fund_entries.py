"""`/fund-entries`: the movements of the shop's wallet and deposit (SPEC W3)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field, RootModel, ValidationError
from rest_framework.request import Request

from aftersale.models import FundEntry, Scope
from aftersale.record_errors import explain
from aftersale.record_values import Code
from aftersale.records import Fund, FundEntryRecord
from aftersale.services import rights
from aftersale.services.funds import save_fund_entries
from aftersale.services.outcomes import Outcome, Result
from aftersale.services.rights import Right
from aftersale.services.shops import KnownShop

from . import schema
from .call import Call, answer
from .lists import Page, PageQuery, page_of
from .problems import Invalid, TooLarge, Wrong, wrong
from .reading import json_of, query, validated
from .values import Moment, Yuan

MOST_RECORDS = 1_000


class SentEntry(FundEntryRecord):
    """The shop is the token's, and may be left out."""

    shop: Code = ""


class EntryResult(BaseModel):
    entry_no: str | None
    result: Literal["created", "unchanged", "refused"]
    errors: list[Wrong] = Field(description="Of a refused record; pointers start at the record")
    note: str = Field(default="", description="What is to be known besides; empty as a rule")


class EntryResults(BaseModel):
    """One for each record, in the sequence of the list."""

    results: list[EntryResult]


class SentEntries(RootModel[SentEntry | Annotated[list[SentEntry], Field(max_length=1_000)]]):
    """One entry, or a list of up to 1,000."""


class EntriesAnswer(RootModel[EntryResult | EntryResults]):
    """Of one entry its result, of a list all of them."""


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
    scopes = {"GET": Scope.READ, "POST": Scope.INGEST}

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
        return page_of(request, found, _shown, page=EntryPage)

    @extend_schema(
        operation_id="send_fund_entries",
        summary="Send entries of the wallet and the deposit",
        request=SentEntries,
        responses={200: EntriesAnswer, 201: EntryResult},
        tags=["funds"],
    )
    def post(self, request: Request) -> HttpResponse:
        """One entry or a list of up to 1,000, each with a result of its own. An entry is never
        changed: the same number with another content is refused. Whoever made the token must be
        an owner of the shop (SPEC P1, W3)."""
        rights.require(self.user, self.shop_id, Right.CHANGE_SHOP)
        content = json_of(request)
        if not isinstance(content, list):
            return self._one(validated(SentEntry, content))
        if len(content) > MOST_RECORDS:
            raise TooLarge(_("At most %(most)d records in one call.") % {"most": MOST_RECORDS})
        entries = [_read(one) for one in content]
        return self.once(lambda: answer(EntryResults(results=self._save(entries))))

    def _one(self, entry: SentEntry) -> HttpResponse:
        def work() -> HttpResponse:
            (result,) = self._saved([entry])
            if result.errors:
                raise Invalid(result.errors)
            status = 201 if result.outcome is Outcome.NEW else 200
            return answer(_result(entry.entry_no, result), status)

        return self.once(work)

    def _save(self, entries: Sequence[SentEntry | EntryResult]) -> list[EntryResult]:
        right = [entry for entry in entries if isinstance(entry, SentEntry)]
        saved = iter(self._saved(right))
        return [
            _result(entry.entry_no, next(saved)) if isinstance(entry, SentEntry) else entry
            for entry in entries
        ]

    def _saved(self, entries: Sequence[SentEntry]) -> list[Result]:
        """Another shop than the token's is as unknown as any."""
        shop = self.token.shop
        own = KnownShop(shop.pk, shop.platform)
        return save_fund_entries(entries, shops={"": own, shop.code: own}, now=self.now)


def _read(content: Any) -> SentEntry | EntryResult:
    """The entry, or what is wrong with it."""
    try:
        return SentEntry.model_validate(content)
    except ValidationError as error:
        number = content.get("entry_no") if isinstance(content, dict) else None
        return EntryResult(
            entry_no=number if isinstance(number, str) else None,
            result="refused",
            errors=wrong(explain(error)),
        )


_WORDS: dict[Outcome, Literal["created", "unchanged", "refused"]] = {
    Outcome.NEW: "created",
    Outcome.UNCHANGED: "unchanged",
    Outcome.REFUSED: "refused",
}


def _result(number: str, result: Result) -> EntryResult:
    return EntryResult(entry_no=number, result=_WORDS[result.outcome], errors=wrong(result.errors))


def _shown(rows: Sequence[Any]) -> list[ShownEntry]:
    return [
        ShownEntry(
            fund=row.fund.kind,
            entry_no=row.entry_no,
            amount=row.amount,
            at=row.at,
            note=row.note,
            kind=row.kind,
            balance_after=row.balance_after,
        )
        for row in rows
    ]
