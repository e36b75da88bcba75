"""Buyers and their platform: what they do before a ticket is answered, and after."""

from datetime import datetime, timedelta

from aftersale.models import RefundSource, Ticket, TicketStatus

from .life import Case, Life
from .sales import iso

S = TicketStatus
_CARRIERS = ("顺丰速运", "中通快递", "圆通速递", "京东快递")

# Of 100 tickets, so many …
WITHDRAWN, URGED_TO_PLATFORM = 0.07, 0.012
SENT_BACK, KEPT_AFTER_ALL = 0.78, 0.12
DISPUTED, APPLIED_AGAIN, GIVEN_UP = 0.34, 0.16, 0.2
DISPUTE_WON = 0.45
ACCEPTED, DECLINED = 0.58, 0.3
# Of 100 refunds before shipping, so many of parcels that had left already.
ALREADY_SHIPPED = 0.09


class Fates:
    """Schedules the next step of the other side with each new status."""

    def __init__(self, life: Life) -> None:
        self.life = life
        life.on_status.append(self.on_status)

    def on_status(self, case: Case, at: datetime) -> None:
        if case.filed.left or case.filed.sale is None:
            return
        if case.status == S.PENDING_REVIEW:
            self._waits(case, at)
        elif case.status == S.AWAITING_RETURN:
            self._sends_back(case, at)
        elif case.status == S.REJECTED:
            self._is_rejected(case, at)
        elif case.status == S.NEGOTIATING:
            self._is_offered_less(case, at)
        elif case.status == S.ARBITRATION:
            self._is_judged(case, at)
        elif case.status == S.REFUNDED:
            self._has_the_money(case, at)

    def _later(self, case: Case, at: datetime, low: float, high: float, **reported: object) -> None:
        """The platform reports it, if nothing has changed by then."""
        expected = case.status

        def report(at: datetime) -> None:
            if case.status == expected:
                self.life.report(case, at, **reported)

        self.life.after(at, low, high, report)

    def _waits(self, case: Case, at: datetime) -> None:
        if self.life.chance(WITHDRAWN):
            self._later(case, at, 1, 22, status=S.CANCELLED)
        elif self.life.chance(URGED_TO_PLATFORM):
            self._later(case, at, 8, 40, status=S.ARBITRATION)

    def _sends_back(self, case: Case, at: datetime) -> None:
        rng = self.life.rng
        if self.life.chance(SENT_BACK):
            shipped = at + timedelta(minutes=rng.randint(90, 2600))
            case.arrives = shipped + timedelta(minutes=rng.randint(1300, 4300))
            parcel = {
                "carrier": rng.choice(_CARRIERS),
                "tracking_no": f"YT{rng.randrange(10**11):011d}",
                "shipped_at": iso(shipped),
            }
            expected = case.status

            def report(at: datetime) -> None:
                if case.status == expected:
                    self.life.report(case, at, status=S.RETURNING, return_shipment=parcel)

            self.life.at(shipped, report)
        elif self.life.chance(KEPT_AFTER_ALL / (1 - SENT_BACK)):
            self._later(case, at, 5, 60, status=S.CANCELLED)

    def _is_rejected(self, case: Case, at: datetime) -> None:
        roll = self.life.rng.random()
        if roll < DISPUTED:
            self._later(case, at, 3, 30, status=S.ARBITRATION)
        elif roll < DISPUTED + APPLIED_AGAIN:
            self._later(case, at, 2, 30, status=S.PENDING_REVIEW)
        elif roll < DISPUTED + APPLIED_AGAIN + GIVEN_UP:
            self._later(case, at, 4, 70, status=S.CANCELLED)

    def _is_offered_less(self, case: Case, at: datetime) -> None:
        roll = self.life.rng.random()
        if roll < ACCEPTED:
            expected = case.status

            def accept(at: datetime) -> None:
                if case.status == expected:
                    self.life.report(case, at, status=S.REFUNDED, refund_result=_paid(at))

            self.life.after(at, 0.3, 18, accept)
        elif roll < ACCEPTED + DECLINED:
            self._later(case, at, 0.3, 24, status=S.PENDING_REVIEW)

    def _is_judged(self, case: Case, at: datetime) -> None:
        won = self.life.chance(DISPUTE_WON)

        def judge(at: datetime) -> None:
            if case.status != S.ARBITRATION:
                return
            if won:
                self.life.report(case, at, status=S.CLOSED, arbitration_result="merchant")
            else:
                result = _paid(at)
                self.life.report(
                    case,
                    at,
                    status=S.REFUNDED,
                    arbitration_result="buyer",
                    refund_result=result,
                )

        self.life.after(at, 20, 76, judge)

    def _has_the_money(self, case: Case, at: datetime) -> None:
        """The platform closes an order that was refunded before it left; some had left."""
        sale = case.sale
        if sale.status(at) == "partially_shipped":
            sale.close(at)  # the rest stays here
        if sale.mark("shipped_at", at) or sale.closed_at:
            return
        ticket = Ticket.objects.select_related("refund").get(pk=case.pk)
        automatic = ticket.refund.source in (RefundSource.STRATEGY, RefundSource.FAST_REFUND)
        if automatic and sale.shipped_at and self.life.chance(ALREADY_SHIPPED):
            paid_at = sale.paid_at
            assert paid_at is not None
            left = at - min(timedelta(minutes=self.life.rng.randint(8, 50)), (at - paid_at) / 2)
            sale.label_printed_at = sale.label_printed_at and min(sale.label_printed_at, left)
            sale.shipped_at = left.replace(microsecond=0)
            sale.delivered_at = sale.completed_at = None
            heard = at + timedelta(minutes=self.life.rng.randint(20, 200))
            self.life.at(heard, lambda at: self._shipped_already(case, at))
        else:
            sale.close(at)

    def _shipped_already(self, case: Case, at: datetime) -> None:
        """The warehouse reports late that the parcel had left (SPEC H2)."""
        case.sale.reported_at = at
        self.life.save_orders([case.sale], at=at)


def _paid(at: datetime) -> dict[str, object]:
    return {"status": "succeeded", "at": at.isoformat()}
