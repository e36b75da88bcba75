"""A fake Xiaohongshu shop: its orders and requests as the platform keeps them, and its rules.

Numbers here are written out, not taken from the connector's tables: they are what it is tested
against.
"""

from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

# Request types and states in Afterdesk's words, for the tests' sake.
TYPES = {1: "return_refund", 2: "exchange", 4: "refund_only", 5: "refund_only", 6: "refund_only"}
STATES = {
    1: "pending_review",
    2: "awaiting_return",
    3: "returning",
    5: "cancelled",
    6: "closed",
    9: "rejected",
    9001: "rejected",
    14: "arbitration",
}
PATIENCE = {1: 48 * HOUR, 2: 7 * DAY, 3: 7 * DAY, 9: 48 * HOUR, 9001: 48 * HOUR}
REASONS = [
    {"reasonType": 0, "reasonId": 1, "reasonName": "未提供有效凭证"},
    {"reasonType": 0, "reasonId": 12, "reasonName": "买家申请原因与实际不符"},
    {"reasonType": 0, "reasonId": 99, "reasonName": "其他"},
    {"reasonType": 1, "reasonId": 31, "reasonName": "寄回商品影响二次销售"},
    {"reasonType": 1, "reasonId": 99, "reasonName": "其他"},
]
ADDRESSES = [{"sellerAddressRecordId": 640_017, "fullAddress": "江苏省苏州市***"}]


class No(Exception):
    """A call that the platform understands and does not carry out."""

    def __init__(self, text: str, code: int = -2000400) -> None:
        super().__init__(text)
        self.code = code


class Shop:
    """Times are milliseconds. Each change has a moment of its own, so that it has a version."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.orders: dict[str, dict[str, Any]] = {}
        self.tickets: dict[str, dict[str, Any]] = {}
        self.addresses = list(ADDRESSES)
        self.notes: list[tuple[str, str, int]] = []
        self.pushed: list[tuple[str, dict[str, Any]]] = []
        self._doomed: set[str] = set()
        self._next = 768_300_000_000_000

    # Time.

    def advance(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        while True:
            due = [(ticket["_due"], number) for number, ticket in self.tickets.items()]
            at, number = min(((at, number) for at, number in due if at), default=(until + 1, ""))
            if at > until:
                break
            self.now = max(self.now, at)
            self._falls_due(self.tickets[number])
        self.now = max(self.now, until)

    def _falls_due(self, ticket: dict[str, Any]) -> None:
        status, kind = ticket["status"], ticket["returnType"]
        if ticket["refundStatus"] == 1:
            if ticket["returnsId"] in self._doomed:
                self._move(ticket, 4, refundStatus=3)
            else:
                paid = ticket["expectedRefundAmountYuan"]
                self._move(ticket, 4, refundStatus=2, refundAmountYuan=paid, refundTime=self.now)
        elif status == 1:
            self._agree(ticket)
        elif status == 3:
            self._move(ticket, 12) if kind == 2 else self._pay(ticket)
        else:
            self._move(ticket, 6)

    # Orders.

    def place(self, *amounts: int, freight: int = 0, **changes: Any) -> str:
        number, now = f"P{self._number()}", self._moment()
        self.orders[number] = {
            "orderId": number,
            "orderType": 1,
            "orderStatus": 4,
            "orderAfterSalesStatus": 1,
            "cancelStatus": 0,
            "createdTime": now,
            "paidTime": now,
            "updateTime": now,
            "deliveryTime": 0,
            "cancelTime": 0,
            "finishTime": 0,
            "promiseLastDeliveryTime": now + 2 * DAY,
            "sellerRemark": "",
            "sellerRemarkFlag": 1,
            "skuList": [line(at, amount) for at, amount in enumerate(amounts, start=1)],
            "originalOrderId": "",
            "totalPayAmount": sum(amounts) + freight,
            "totalShippingFree": freight,
            "totalDepositAmount": 0,
            "totalMerchantDiscount": 0,
            "totalRedDiscount": 0,
            "merchantActualReceiveAmount": sum(amounts) + freight,
            "unpack": False,
            "expressTrackingNo": "",
            "simpleDeliveryOrderList": [],
            "logistics": "red_domestic_trade",
            "logisticsMode": 1,
            "paymentType": 2,
            "userId": f"6{self._next:023}",
            "orderTagList": [],
            **changes,
        }
        return number

    def ship(self, number: str) -> None:
        order = self.orders[number]
        if order["orderStatus"] not in (4, 5):
            raise ValueError("not to be shipped")
        moment = self._moment()
        order.update(
            orderStatus=6,
            deliveryTime=moment,
            updateTime=moment,
            expressTrackingNo=f"YT{number}",
        )

    # Requests, as buyers and staff move them.

    def apply(self, order_no: str, type: str, amount: int, reason: str, at: int | None) -> str:
        order = self.orders[order_no]
        shipped = order["orderStatus"] >= 5
        if type != "refund_only" and not shipped:
            raise ValueError("nothing to send back")
        kind = {"return_refund": 1, "exchange": 2}.get(type, 4 if shipped else 5)
        taken = sum(
            fen(ticket["expectedRefundAmountYuan"])
            for ticket in self.tickets.values()
            if ticket["orderId"] == order_no
            and ticket["status"] not in (5, 6)
            and ticket["returnType"] != 2
        )
        if kind != 2 and taken + amount > order["totalPayAmount"]:
            raise ValueError("more than was paid")
        asked = 0 if kind == 2 else amount
        lines = order["skuList"] if at is None else [order["skuList"][at - 1]]
        number = f"R{self._number()}"
        ticket = self.tickets[number] = {
            "returnsId": number,
            "returnType": kind,
            "reasonId": 101,
            "reasonNameZh": reason,
            "userId": order["userId"],
            "orderId": order_no,
            "applyTime": self.now,
            "desc": "",
            "returnsTag": 0,
            "expectedRefundAmountYuan": asked / 100,
            "appliedSkusAmountYuan": asked / 100,
            "appliedShipFeeAmountYuan": 0.0,
            "refundAmountYuan": 0.0,
            "refundStatus": 0,
            "refundTime": 0,
            "cargoStatus": 2 if shipped else 1,
            "supportCarriageInsurance": False,
            "closeReasonZh": "",
            "proofPhotos": ["https://pictures.invalid/proof-1.jpeg"],
            "skus": [
                {
                    "skuId": one["skuId"],
                    "skuName": one["skuName"],
                    "price": one["totalPaidAmount"] / 100,
                    "boughtCount": 1,
                    "appliedCount": 1,
                    "appliedTotalAmountYuan": asked / 100,
                }
                for one in lines
            ],
            "exchangeSKUs": [],
            "_parcel": {},
            "_history": [],
            "_due": 0,
        }
        self._move(ticket, 1)
        return number

    def ship_back(self, number: str, carrier: str, tracking_no: str) -> None:
        ticket = self._open(number, 2)
        parcel = {
            "expressNo": tracking_no,
            "expressCompanyCode": carrier,
            "expressCompanyName": "圆通速递",
            "fillExpressNoTime": self.now,
            "expressSignTime": 0,
        }
        self._move(ticket, 3, _parcel=parcel)

    def cancel(self, number: str) -> None:
        self._move(self._open(number, 1, 2, 3, 9, 9001, 14), 5)

    def arbitrate(self, number: str) -> None:
        self._move(self._open(number, 1, 2, 3, 9, 9001), 14)

    def staff_refunds(self, number: str) -> None:
        ticket = self._open(number, 1, 2, 3, 9, 9001)
        if ticket["returnType"] == 2:
            raise ValueError("no money")
        self._pay(ticket)

    def doom(self, number: str) -> None:
        if self.tickets[number]["refundStatus"] != 1:
            raise ValueError("no money on its way")
        self._doomed.add(number)

    # Requests, as calls move them.

    def audit(self, call: dict[str, Any]) -> str:
        ticket = self._asked(call)
        action = call.get("action")
        if action not in (1, 2, 3):
            raise No("参数错误")
        if ticket["status"] != 1 or ticket["refundStatus"]:
            raise No("当前状态不可操作", 500)
        kind = ticket["returnType"]
        if action == 3:
            self._checked_reason(call, 0)
            # One for goods that have not left is closed at once.
            closed = 6 if kind == 5 else 9
            self._move(ticket, closed, closeReasonZh=call.get("description") or "商家拒绝")
        elif action == 1:
            if kind not in (3, 4, 5, 6):
                raise No("退货类售后不支持直接退款", 500)
            self._pay(ticket)
        else:
            if kind not in (1, 2):
                raise No("仅退款不支持同意退货", 500)
            address = (call.get("receiverInfo") or {}).get("sellerAddressRecordId")
            if address not in [one["sellerAddressRecordId"] for one in self.addresses]:
                raise No("退货地址不能为空")
            self._agree(ticket)
        return "审核成功"

    def receive(self, call: dict[str, Any]) -> str:
        ticket = self._asked(call)
        if call.get("action") not in (1, 2):
            raise No("参数错误")
        if ticket["status"] != 3 or ticket["returnType"] == 2:
            raise No("当前状态不可操作", 500)
        if call["action"] == 2:
            self._checked_reason(call, 1)
            self._move(ticket, 9001, closeReasonZh=call.get("description") or "商家拒收")
        else:
            self._pay(ticket)
        return "确认收货成功"

    # How.

    def _checked_reason(self, call: dict[str, Any], stage: int) -> None:
        ids = {row["reasonId"] for row in REASONS if row["reasonType"] == stage}
        if call.get("reason") not in ids:
            raise No("拒绝原因不合法")
        if call["reason"] == 99 and not call.get("description"):
            raise No("拒绝说明不能为空")

    def _asked(self, call: dict[str, Any]) -> dict[str, Any]:
        number = call.get("returnsId")
        if number not in self.tickets:
            raise No("售后单不存在", -2000301)
        return self.tickets[number]

    def _agree(self, ticket: dict[str, Any]) -> None:
        if ticket["returnType"] in (1, 2):
            self._move(ticket, 2)
        else:
            self._pay(ticket)

    def _pay(self, ticket: dict[str, Any]) -> None:
        self._move(ticket, 4, refundStatus=1)

    def _open(self, number: str, *statuses: int) -> dict[str, Any]:
        ticket = self.tickets[number]
        if ticket["status"] not in statuses or ticket["refundStatus"]:
            raise ValueError(f"not in {ticket['status']}")
        return ticket

    def _move(self, ticket: dict[str, Any], status: int, **changes: Any) -> None:
        now = self._moment()
        arrived = "status" not in ticket
        ticket.update(status=status, updatedAt=now, **changes)
        moving = ticket["refundStatus"] == 1
        patience = MINUTE if moving else 0 if status == 4 else PATIENCE.get(status, 0)
        ticket["_due"] = now + patience if patience else 0
        # Only where the merchant is waited for.
        ticket["expireTime"] = ticket["_due"] if status in (1, 3) else -1
        ticket["_history"].append(
            {
                "title": f"售后单状态变更为{status}",
                "operatorRoleName": "买家",
                "operatorRole": 1,
                "attributes": [],
                "time": "2026-11-30 10:00:00",
            }
        )
        self.orders[ticket["orderId"]]["updateTime"] = now
        self.pushed.append(
            (
                "msg_after_sale_create" if arrived else _tag(ticket),
                {
                    "returnsId": ticket["returnsId"],
                    "orderId": ticket["orderId"],
                    "returnType": ticket["returnType"],
                    "requestFrom": 1,
                    "refundFee": ticket["appliedSkusAmountYuan"],
                    "updateTime": now,
                },
            )
        )

    def _moment(self) -> int:
        self.now += 1
        return self.now

    def _number(self) -> int:
        self._next += 1
        return self._next


def line(at: int, amount: int, **changes: Any) -> dict[str, Any]:
    return {
        "skuId": f"64c0de00000000000{at:07}",
        "skuName": "亚麻衬衫",
        "skuSpec": "米色 M",
        "skuQuantity": 1,
        "totalPaidAmount": amount,
        "totalTaxAmount": 0,
        "skuTag": 0,
        "kolId": "",
        "kolName": "",
        "itemId": f"64c0de11111111111{at:07}",
        "itemName": "亚麻衬衫",
        "skuDetailList": [
            {"quantity": 1, "paidAmountPerSku": amount, "depositAmountPerSku": 0, "taxPerSku": 0}
        ],
        **changes,
    }


def fen(yuan: float) -> int:
    return round(yuan * 100)


def _tag(ticket: dict[str, Any]) -> str:
    if ticket["refundStatus"] == 2:
        return "msg_after_sale_refund_finished"
    return {
        2: "msg_after_sale_audit_pass",
        4: "msg_after_sale_audit_pass",
        5: "msg_after_sale_closed",
        6: "msg_after_sale_closed",
        9: "msg_after_sale_audit_reject",
        14: "msg_after_sale_transfer",
    }.get(ticket["status"], "msg_after_sale_update")
