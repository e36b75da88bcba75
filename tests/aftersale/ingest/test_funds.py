"""SPEC W3: fund entries come in and are never changed."""

from datetime import timedelta

import pytest

from aftersale.models import Fund, FundEntry, Shop
from aftersale.records.schemas import FundEntryRecord
from aftersale.services.shared.outcomes import NEW, UNCHANGED, Outcome
from aftersale.services.shops import shops
from aftersale.services.windows.funds import save_fund_entries
from tests.aftersale.ingest.record_factories import NOON

pytestmark = pytest.mark.django_db


def entry(**fields: object) -> FundEntryRecord:
    return FundEntryRecord.model_validate(
        {
            "shop": "s1",
            "fund": "wallet",
            "entry_no": "f1",
            "amount": "1000.00",
            "at": NOON.isoformat(),
        }
        | fields
    )


def save(*records: FundEntryRecord) -> list[Outcome]:
    results = save_fund_entries(records, shops=shops.known(["s1"]), now=NOON)
    return [result.outcome for result in results]


def balances(shop: Shop) -> dict[str, int]:
    return dict(Fund.objects.filter(shop=shop).values_list("kind", "balance"))


def test_entries_add_up_once_by_fund(shop: Shop) -> None:
    deposit = entry(fund="deposit", amount="20.00")
    drawn = entry(entry_no="f2", amount="-30.50")
    assert save(entry(), deposit, drawn, entry()) == [
        NEW.outcome,
        NEW.outcome,
        NEW.outcome,
        UNCHANGED.outcome,
    ]
    assert save(entry(), deposit, drawn) == [UNCHANGED.outcome] * 3
    assert balances(shop) == {"wallet": 96_950, "deposit": 2_000}
    assert FundEntry.objects.count() == 3


@pytest.mark.parametrize(
    "other",
    [{"amount": "1000.01"}, {"note": "x"}, {"at": (NOON + timedelta(seconds=1)).isoformat()}],
)
def test_same_number_with_other_content_is_refused(shop: Shop, other: dict[str, object]) -> None:
    assert save(entry(), entry(**other)) == [Outcome.NEW, Outcome.REFUSED]
    assert save(entry(**other)) == [Outcome.REFUSED]
    assert balances(shop) == {"wallet": 100_000, "deposit": 0}
    assert FundEntry.objects.get().amount == 100_000


def test_charge_beyond_the_balance_is_recorded(shop: Shop) -> None:
    assert save(entry(amount="-1.00"), entry(shop="s9")) == [Outcome.NEW, Outcome.REFUSED]
    assert balances(shop)["wallet"] == -100
