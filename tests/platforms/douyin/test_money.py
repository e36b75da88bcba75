"""The paid amount: the lines add up to it, and never to more."""

from random import Random

from aftersale.platforms.douyin import to_records
from aftersale.platforms.protocol import Unreadable
from tests.each import each

from .rows import line, order, parcel


def amounts(*lines: dict[str, object], **values: object) -> tuple[int, list[int]]:
    record = parcel(order(*lines, **values))
    return record.paid_amount, [one.paid_amount for one in record.lines]


def test_the_payment_channels_discount_was_not_paid_by_the_buyer() -> None:
    only = line(pay_amount=26_300, post_amount=800, promotion_pay_amount=300)
    assert amounts(only, pay_amount=26_300, promotion_pay_amount=300, post_amount=800) == (
        26_000,
        [26_000],
    )


def test_lines_with_and_without_their_share_of_the_freight_are_taken_as_they_are() -> None:
    """The domain counts as freight what the lines are short of the order (SPEC E2)."""
    with_freight = [line(order_id="1", pay_amount=600), line(order_id="2", pay_amount=400)]
    without = [line(order_id="1", pay_amount=500), line(order_id="2", pay_amount=400)]
    assert amounts(*with_freight, pay_amount=1_000, post_amount=100) == (1_000, [600, 400])
    assert amounts(*without, pay_amount=1_000, post_amount=100) == (1_000, [500, 400])


def test_lines_that_add_up_to_something_else_share_what_the_goods_cost() -> None:
    odd = [line(order_id="1", pay_amount=900), line(order_id="2", pay_amount=300)]
    assert amounts(*odd, pay_amount=1_001, post_amount=100) == (1_001, [676, 225])
    blank = [line(order_id=str(at), pay_amount=None) for at in (1, 2, 3)]
    assert amounts(*blank, pay_amount=1_000) == (1_000, [334, 333, 333])


def test_no_figures_make_lines_of_more_than_was_paid() -> None:
    chance = Random(5)
    for _ in range(500):
        figures = [chance.randrange(-50, 2_000) for _ in range(chance.randrange(1, 5))]
        lines = [
            line(
                order_id=str(at),
                pay_amount=figure,
                promotion_pay_amount=chance.randrange(-5, 50),
            )
            for at, figure in enumerate(figures, start=1)
        ]
        post, tax = chance.randrange(-5, 300), chance.randrange(-5, 300)
        paid, of_lines = amounts(
            *lines, pay_amount=chance.randrange(0, 5_000), post_amount=post, tax_amount=tax
        )
        assert 0 <= sum(of_lines) <= paid
        assert paid - sum(of_lines) <= max(0, post) + max(0, tax)


@each(
    "values, paid",
    [
        ({"order_status": 1, "pay_time": 0}, 0),
        ({"order_status": 4, "pay_time": 0}, 0),
        ({"order_status": 4}, 4_990),
        ({"order_status": 2}, 4_990),
        # Cash on delivery is paid once the buyer has it.
        ({"order_status": 3, "pay_type": 0, "pay_time": 0}, 0),
        ({"order_status": 5, "pay_type": 0}, 4_990),
    ],
)
def test_what_is_not_paid_yet_is_nothing(values: dict[str, object], paid: int) -> None:
    assert amounts(**values)[0] == paid


def test_of_a_deposit_only_the_phases_that_are_paid_count() -> None:
    phases = [
        {"pay_success": True, "phase_pay_amount": 1_200},
        {"pay_success": False, "phase_pay_amount": 3_790},
        {"phase_pay_amount": 50},
    ]
    values = {"trade_type": 2, "order_status": 103, "order_phase_list": phases}
    record = parcel(order(**values))
    assert (record.type, record.status, record.paid_amount) == ("deposit", "pending_payment", 1_200)
    # Once the rest is paid it is an order like any other.
    assert parcel(order(**{**values, "order_status": 2})).paid_amount == 4_990


@each("amount", [None, "x", 1.5])
def test_a_phase_that_can_not_be_read_makes_no_part_of_a_deposit(amount: object) -> None:
    phases = [
        {"pay_success": True, "phase_pay_amount": 1_200},
        {"pay_success": True, "phase_pay_amount": amount},
    ]
    row = order(trade_type=2, order_status=103, order_phase_list=phases)
    assert isinstance(to_records.order_record(row, "shop-1"), Unreadable)


@each("values", [{"pay_amount": -1}, {"promotion_pay_amount": 4_991}])
def test_an_amount_below_nothing_is_no_amount(values: dict[str, object]) -> None:
    assert isinstance(to_records.order_record(order(**values), "shop-1"), Unreadable)


def test_a_line_that_can_not_be_read_is_missed() -> None:
    """SPEC O6: the others are no whole order."""
    rows = order(line(), sku_order_list=[line(), 7])
    assert isinstance(to_records.order_record(rows, "shop-1"), Unreadable)
