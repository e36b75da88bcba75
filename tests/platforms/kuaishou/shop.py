"""A fake Kuaishou shop: its orders and tickets as the platform keeps them, and its rules.

Numbers here are written out, not taken from the connector's tables: they are what it is tested
against.
"""

from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

APPLIED = (10, 11)
OVER = (60, 70)
# Ticket types and states in Afterdesk's words, for the tests' sake.
TYPES = {1: "return_refund", 3: "exchange", 10: "refund_only"}
WAYS = {word: way for way, word in TYPES.items()}
STATES = {
    10: "pending_review",
    11: "pending_review",
    12: "rejected",
    20: "arbitration",
    21: "arbitration",
    30: "awaiting_return",
    40: "returning",
    45: "returning",
    50: "refunding",
    60: "refunded",
    70: "closed",
}
REASONS = [
    {"code": 101, "desc": "商品已发货", "requiredRejectDesc": True, "requiredRejectImage": False},
    {
        "code": 102,
        "desc": "买家申请原因与实际不符",
        "tip": "请说明与事实不符之处",
        "requiredRejectDesc": True,
        "requiredRejectImage": False,
    },
    {
        "code": 103,
        "desc": "退回商品影响二次销售",
        "requiredRejectDesc": True,
        "requiredRejectImage": True,
    },
    {"code": 199, "desc": "其他", "requiredRejectDesc": True, "requiredRejectImage": False},
]


class No(Exception):
    """A call that the platform understands and does not carry out."""


class Shop:
    """Times are milliseconds. Each change has a moment of its own, so that it has a version."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.orders: dict[int, dict[str, Any]] = {}
        self.tickets: dict[int, dict[str, Any]] = {}
        self.pushed: list[tuple[str, dict[str, Any]]] = []
        self.pictures: dict[str, bytes] = {}
        self.notes: list[tuple[int, str, int]] = []
        self._doomed: set[int] = set()
        self._next = 2_607_602_240_240_301

    # Time.

    def advance(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        while True:
            due = [(ticket["_due"], number) for number, ticket in self.tickets.items()]
            at, number = min(((at, number) for at, number in due if at), default=(until + 1, 0))
            if at > until:
                break
            self.now = max(self.now, at)
            self._falls_due(self.tickets[number])
        self.now = max(self.now, until)

    def _falls_due(self, ticket: dict[str, Any]) -> None:
        status, way = ticket["status"], ticket["handlingWay"]
        if status == 50:
            doomed = ticket["refundId"] in self._doomed
            self._move(ticket, 70 if doomed else 60)
        elif status == 45:
            self._move(ticket, 60)
        elif status == 40 and ticket["negotiateStatus"] != 3:
            self._move(ticket, 45 if way == 3 else 50)
        elif status in APPLIED and ticket["negotiateStatus"] != 3:
            self._move(ticket, 50 if way == 10 else 30, negotiateStatus=2)
        else:
            self._move(ticket, 70)

    # Orders.

    def place(self, amount: int, *, quantity: int = 1, freight: int = 0) -> int:
        """`amount` is what the goods cost; the freight stands beside it."""
        number, now = self._number(), self._moment()
        self.orders[number] = {
            "orderBaseInfo": {
                "oid": number,
                "status": 30,
                "buyerOpenId": f"open-{number}",
                "totalFee": amount,
                "discountFee": 0,
                "expressFee": freight,
                "createTime": now,
                "payTime": now,
                "sendTime": 0,
                "recvTime": 0,
                "updateTime": now,
                "coType": 0,
                "preSale": 0,
                "riskCode": 0,
                "disableDeliveryReasonCode": [],
                "allActivityType": [],
            },
            "orderItemInfo": {
                "itemId": 9_007_199_254_740_993,
                "itemTitle": "羊毛围巾",
                "num": quantity,
                "price": amount,
                "itemExtra": {"categoryInfo": {"itemCid": 1158, "categoryName": "围巾"}},
            },
            "orderRefundList": [],
            "orderLogisticsInfo": [],
            "orderDeliveryInfo": {"deliveryNum": 0},
        }
        return number

    def ship(self, number: int, pieces: int | None = None) -> None:
        order = self.orders[number]
        base = order["orderBaseInfo"]
        if base["status"] not in (30, 40) or base["riskCode"] or base["disableDeliveryReasonCode"]:
            raise ValueError("not to be shipped")
        sent = order["orderItemInfo"]["num"] if pieces is None else pieces
        order["orderDeliveryInfo"]["deliveryNum"] = sent
        moment = self._moment()
        order["orderBaseInfo"].update(status=40, sendTime=moment, updateTime=moment)

    # Tickets, as buyers and staff move them.

    def apply(self, order: int, way: int, amount: int, reason: str) -> int:
        base = self.orders[order]["orderBaseInfo"]
        paid = base["totalFee"] + base["expressFee"] + self.orders[order].get("_platform_bears", 0)
        taken = sum(
            ticket["refundFee"]
            for ticket in self.tickets.values()
            if ticket["oid"] == order and ticket["status"] != 70 and ticket["handlingWay"] != 3
        )
        if way != 3 and taken + amount > paid:
            raise ValueError("more than was paid")
        number = self._number()
        self.tickets[number] = {
            "refundId": number,
            "oid": order,
            "skuId": 1,
            "refundFee": 0 if way == 3 else amount,
            "refundReason": 120,
            "refundReasonDesc": reason,
            "buyerOpenId": f"open-{order}",
            "sellerId": 2161524184,
            "refundType": 1,
            "handlingWay": way,
            "refundDesc": "",
            "logisticsId": 0,
            "logisticsInfo": {},
            "pictures": "[]",
            "negotiateStatus": 1,
            "negotiateReason": "",
            "validNegotiateBuyerModifyTimeStamp": 0,
            "sellerDisagreeReason": 0,
            "sellerDisagreeDesc": "",
            "createTime": self.now,
            "submitTime": self.now,
            "endTime": 0,
            "expireTime": 0,
            "receiptStatus": 0,
            "specialRefundType": 0,
            "_due": 0,
            "_offer": None,
            "_history": [],
        }
        self.orders[order]["orderRefundList"].append({"refundId": number, "refundStatus": 10})
        self._move(self.tickets[number], 11 if way == 1 else 10)
        return number

    def ship_back(self, number: int, carrier: int, tracking_no: str) -> None:
        ticket = self._open(number, 22, 30)
        self._move(ticket, 40, logisticsInfo={"expressNo": tracking_no, "expressCode": carrier})

    def cancel(self, number: int) -> None:
        self._move(self._open(number, 10, 11, 12, 20, 21, 30, 40), 70)

    def accept(self, number: int) -> None:
        ticket = self._open(number, *APPLIED)
        if ticket["negotiateStatus"] != 3:
            raise ValueError("nothing offered")
        way = ticket["_offer"]
        if way is None:
            self._move(ticket, 70)
        else:
            self._move(ticket, 50 if way == 10 else 30, handlingWay=way, negotiateStatus=2)

    def arbitrate(self, number: int) -> None:
        ticket = self._open(number, 10, 11, 12, 30, 40)
        self._move(ticket, 20 if ticket["handlingWay"] == 10 else 21)

    def staff_refunds(self, number: int) -> None:
        ticket = self._open(number, 10, 11, 12, 22, 30, 40)
        if ticket["handlingWay"] not in (1, 10):
            raise ValueError("no money")
        self._move(ticket, 50, negotiateStatus=2)

    def doom(self, number: int) -> None:
        self._doomed.add(self._open(number, 50)["refundId"])

    # Tickets, as calls move them.

    def approve(self, param: dict[str, Any]) -> None:
        ticket = self._asked(param)
        if param.get("refundHandingWay") not in (1, 10) or param.get("negotiateStatus") is None:
            raise No("参数错误")
        self._as_stated(ticket, param, APPLIED)
        if param.get("refundAmount") != ticket["refundFee"]:
            raise No("退款金额与售后单不一致")
        self._move(ticket, 50, negotiateStatus=2, handlingWay=param["refundHandingWay"])

    def approve_return(self, param: dict[str, Any]) -> None:
        ticket = self._asked(param)
        if ticket["status"] not in APPLIED or ticket["handlingWay"] == 10:
            raise No("当前售后单状态不支持该操作")
        if param.get("refundAmount") != ticket["refundFee"]:
            raise No("退款金额与售后单不一致")
        self._move(ticket, 30, negotiateStatus=2)

    def confirm_receipt(self, param: dict[str, Any]) -> None:
        ticket = self._asked(param)
        self._as_stated(ticket, param, (22, 30, 40))
        self._freight(ticket.get("returnFreightInfo"), param)
        self._move(ticket, 50)

    def _freight(self, claim: dict[str, Any] | None, param: dict[str, Any]) -> None:
        """Answered exactly where it is asked for."""
        advice = param.get("returnFreightHandlingAdvice")
        if not claim and advice is None:
            return
        agreed = claim and advice == 1
        if agreed and param.get("returnFreightAmount") == claim["returnFreightAmount"]:
            claim["returnFreightStatus"] = 20
            return
        images = param.get("returnFreightRejectImages", [])
        told = param.get("returnFreightRejectDesc") and 0 < len(images) <= 6
        if not (claim and advice == 2 and told) or any(one not in self.pictures for one in images):
            raise No("参数错误")
        claim["returnFreightStatus"] = 50

    def reject(self, param: dict[str, Any]) -> None:
        ticket = self._asked(param)
        self._versioned(ticket, param)
        if ticket["status"] not in (*APPLIED, 40):
            raise No("当前售后单状态不支持该操作")
        row = next((row for row in REASONS if row["code"] == param.get("reasonCode")), None)
        images = param.get("rejectImages", [])
        if row is None or (row["requiredRejectImage"] and not images) or len(images) > 6:
            raise No("参数错误")
        if row["requiredRejectDesc"] and not param.get("rejectDesc"):
            raise No("拒绝说明不能为空")
        if any(image not in self.pictures for image in images):
            raise No("图片地址无效")
        edit = param.get("editHandlingWay")
        if edit is not None and (ticket["handlingWay"], edit) not in {(1, 10), (10, 1), (3, 1)}:
            raise No("不支持的售后类型变更")
        ticket["_offer"] = edit
        self._move(
            ticket,
            ticket["status"],
            negotiateStatus=3,
            sellerDisagreeReason=row["code"],
            sellerDisagreeDesc=param.get("rejectDesc", ""),
        )

    def upload(self, param: dict[str, Any], file: bytes) -> dict[str, Any]:
        if param.get("uploadType") not in (1, 2, 3) or not file:
            raise No("图片不能为空")
        if len(file) > 2 * 1024 * 1024:
            raise No("图片过大")
        address = f"https://pictures.invalid/{len(self.pictures) + 1}.png"
        self.pictures[address] = file
        return {"originImgUrl": "", "kwaiImgUrl": address}

    # How.

    def _asked(self, param: dict[str, Any]) -> dict[str, Any]:
        number = param.get("refundId")
        if not isinstance(number, int) or number not in self.tickets:
            raise No("售后单不存在")
        return self.tickets[number]

    def _as_stated(
        self, ticket: dict[str, Any], param: dict[str, Any], allowed: tuple[int, ...]
    ) -> None:
        if ticket["status"] not in allowed or param.get("status") != ticket["status"]:
            raise No("售后单状态已变更")

    def _versioned(self, ticket: dict[str, Any], param: dict[str, Any]) -> None:
        if param.get("refundVersion") != ticket["updateTime"]:
            raise No("售后单版本已更新")

    def _open(self, number: int, *statuses: int) -> dict[str, Any]:
        ticket = self.tickets[number]
        if ticket["status"] not in statuses:
            raise ValueError(f"not in {ticket['status']}")
        return ticket

    def _move(self, ticket: dict[str, Any], status: int, **changes: Any) -> None:
        now = self._moment()
        arrived = "status" not in ticket
        ticket.update(status=status, updateTime=now, **changes)
        ticket["_history"].append(
            {"title": f"状态变更{status}", "role": 1, "createTime": now, "staffAccountName": "小王"}
        )
        ticket["_due"] = now + self._patience(ticket) if self._patience(ticket) else 0
        buyers_turn = status in (*APPLIED, 40) and ticket["negotiateStatus"] == 3
        ticket["validNegotiateBuyerModifyTimeStamp"] = ticket["_due"] if buyers_turn else 0
        ticket["expireTime"] = 0 if buyers_turn or status in (45, 50) else ticket["_due"]
        if status in OVER:
            ticket["endTime"] = now
        order = self.orders[ticket["oid"]]
        order["orderBaseInfo"]["updateTime"] = now
        self.pushed.append(
            ("kwaishop_aftersales_addRefund", _pushed(ticket, createTime=now))
            if arrived
            else ("kwaishop_aftersales_updateRefund", _pushed(ticket, updateTime=now, eventType=1))
        )

    def _patience(self, ticket: dict[str, Any]) -> int:
        if ticket["negotiateStatus"] == 3 and ticket["status"] not in (50, *OVER):
            return 48 * HOUR
        return {
            10: 48 * HOUR,
            11: 48 * HOUR,
            12: 48 * HOUR,
            30: 10 * DAY,
            40: 7 * DAY,
            45: 7 * DAY,
            50: MINUTE,
        }.get(ticket["status"], 0)

    def _moment(self) -> int:
        self.now += 1
        return self.now

    def _number(self) -> int:
        self._next += 1
        return self._next


def _pushed(ticket: dict[str, Any], **values: int) -> dict[str, Any]:
    return {
        "orderId": ticket["oid"],
        "refundId": ticket["refundId"],
        "handlingWay": ticket["handlingWay"],
        "specialRefundType": 0,
        "status": ticket["status"],
        **values,
    }
