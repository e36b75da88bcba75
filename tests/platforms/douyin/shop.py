"""A fake Douyin shop: its orders and tickets as the platform keeps them, and its rules.

Numbers here are written out, not taken from the connector's tables: they are what it is tested
against.
"""

from typing import Any

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SHOP_ID = 70_315

# Ticket types and states in Afterdesk's words, for the tests' sake.
TYPES = {
    0: "return_refund",
    1: "refund_only",
    2: "refund_only",
    3: "exchange",
    6: "refund_only",
    7: "exchange",
    8: "exchange",
}
STATES = {
    6: "pending_review",
    7: "awaiting_return",
    8: "returning",
    11: "returning",
    12: "refunding",
    13: "returning",
    14: "closed",
    27: "rejected",
    28: "closed",
    29: "rejected",
}
PAYING = {2: "refunding", 3: "refunded", 4: "refund_failed"}
REASONS = [
    {"reject_reason_code": 41, "reason": "商品已发货，物流运输正常", "evidence_need": "N"},
    {"reject_reason_code": 42, "reason": "申请原因与实际不符", "evidence_need": "N"},
    {
        "reject_reason_code": 43,
        "reason": "退回商品影响二次销售",
        "evidence_need": "Y",
        "evidence_description": "请上传开箱照片",
    },
]
# `type` of an operation: the ticket types it is for and the statuses it is taken in.
OPERATIONS: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {
    101: ((0,), (6, 27)),
    102: ((0,), (6,)),
    111: ((0,), (7, 11, 29)),
    112: ((0,), (11,)),
    121: ((0,), (6, 27)),
    201: ((1,), (6, 27)),
    202: ((1,), (6,)),
    301: ((3,), (6, 27)),
    302: ((3,), (6,)),
    311: ((3,), (7, 11, 29)),
    312: ((3,), (11,)),
    401: ((2,), (6,)),
}
NEW_GOODS = 311
REFUSALS, PAYMENTS, RETURNS = (102, 112, 202, 302, 312), (111, 121, 201, 401), (101, 301)
ADDRESSES = [
    {"address_id": 8_801, "is_default": "0", "is_send_default": "1"},
    {"address_id": 8_802, "is_default": "1", "is_send_default": "0"},
]


class No(Exception):
    """A call that the platform understands and does not carry out; its code and sub code."""

    def __init__(self, sub_code: str, text: str, code: int = 50_002) -> None:
        super().__init__(text)
        self.code, self.sub_code = code, sub_code


class Shop:
    """Times are seconds. Each change has a second of its own, so that it has a version."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.orders: dict[int, dict[str, Any]] = {}
        self.tickets: dict[int, dict[str, Any]] = {}
        self.pushed: list[tuple[int, dict[str, Any]]] = []
        self.addresses = [dict(row) for row in ADDRESSES]
        self.notes: list[tuple[int, str, Any]] = []
        # Parcels that were called back.
        self.stopped: list[str] = []
        # The line of an entry that is open already, or shut for good.
        self.entries: dict[str, dict[str, Any]] = {}
        self._doomed: set[int] = set()
        self._next = 6_936_476_692_437_400_000

    # Time.

    def advance(self, seconds: int) -> None:
        until = self.now + seconds
        while True:
            due = [(ticket["_due"], number) for number, ticket in self.tickets.items()]
            at, number = min(((at, number) for at, number in due if at), default=(until + 1, 0))
            if at > until:
                break
            self.now = max(self.now, at)
            self._falls_due(self.tickets[number])
        self.now = max(self.now, until)

    def _falls_due(self, ticket: dict[str, Any]) -> None:
        status, kind = ticket["after_sale_status"], ticket["after_sale_type"]
        if status == 12:
            if ticket["after_sale_id"] in self._doomed:
                self._move(ticket, 12, role=4, refund_status=4, refund_fail_reason="余额不足")
            else:
                self._settle(ticket)
        elif status == 6:
            self._agree(ticket, role=4)
        elif status == 11 and kind == 0:
            self._move(ticket, 12, role=4)
        elif status == 11:
            self._move(ticket, 13, role=2)
        elif status == 13:
            self._move(ticket, 14, role=4)
        else:
            self._move(ticket, 28, role=4)

    # Orders.

    def place(
        self, amounts: tuple[int, ...], *, freight: int = 0, discount: int = 0, quantity: int = 1
    ) -> int:
        """`amounts` are what the lines' goods cost; the first also carries the rest."""
        number, now = self._number(), self._moment()
        lines = [
            self._line(number, amount + (freight if at == 0 else 0), at, quantity)
            for at, amount in enumerate(amounts)
        ]
        lines[0].update(post_amount=freight, promotion_pay_amount=discount)
        total = sum(amounts) + freight
        self.orders[number] = {
            "shop_id": SHOP_ID,
            "shop_name": "羊毛小铺",
            "order_id": str(number),
            "doudian_open_id": f"1@#open{number}",
            "biz": 2,
            "order_type": 0,
            "trade_type": 0,
            "order_status": 2,
            "main_status": 2,
            "create_time": now,
            "update_time": now,
            "pay_time": now,
            "finish_time": 0,
            "ship_time": 0,
            "exp_ship_time": now + 2 * DAY,
            "pay_type": 2,
            "order_amount": total,
            "pay_amount": total,
            "post_amount": freight,
            "promotion_pay_amount": discount,
            "tax_amount": 0,
            "seller_words": "",
            "seller_remark_stars": 0,
            "logistics_info": [],
            "order_phase_list": [],
            "shop_order_tag_ui": [],
            "sku_order_list": lines,
        }
        return number

    def _line(self, order: int, amount: int, at: int, quantity: int) -> dict[str, Any]:
        return {
            # An order's first line has the order's own number.
            "order_id": str(order if at == 0 else self._number()),
            "parent_order_id": str(order),
            "order_status": 2,
            "product_id": 3_660_207_428_038_974_464,
            "product_id_str": "3660207428038974464",
            "product_name": "羊毛围巾",
            "first_cid": 20_000,
            "third_cid": 21_890,
            "fourth_cid": 0,
            "goods_type": 0,
            "item_num": quantity,
            "pay_amount": amount,
            "post_amount": 0,
            "promotion_pay_amount": 0,
            "pre_sale_type": 0,
            "author_id": 0,
            "author_name": "",
            "given_product_type": "",
            "ship_time": 0,
            "logistics_receipt_time": 0,
            "after_sale_info": {
                "after_sale_status": 0,
                "after_sale_type": 0,
                "refund_status": 0,
            },
            "sku_order_tag_ui": [],
        }

    def ship(self, number: int) -> None:
        order = self.orders[number]
        if order["order_status"] not in (2, 101):
            raise ValueError("not to be shipped")
        moment = self._moment()
        order.update(order_status=3, main_status=3, ship_time=moment, update_time=moment)
        order["logistics_info"] = [
            {
                "tracking_no": f"SF{number}",
                "company": "shunfeng",
                "company_name": "顺丰速运",
                "ship_time": moment,
                "product_info": [
                    {"sku_order_id": line["order_id"], "product_count": line["item_num"]}
                    for line in order["sku_order_list"]
                ],
            }
        ]
        for line in order["sku_order_list"]:
            line.update(order_status=3, ship_time=moment)
        for ticket in self.tickets.values():
            at = ticket["_order"], ticket["after_sale_type"], ticket["after_sale_status"]
            if at == (number, 2, 6):
                # It can't be refused: shipping is the answer.
                self._move(ticket, 28, role=4)

    # Tickets, as buyers and staff move them.

    def apply(self, order: int, word: str, amount: int, reason: str, line: int | None) -> int:
        row = self.orders[order]
        shipped = row["order_status"] in (3, 5)
        kind = {"refund_only": 1 if shipped else 2, "return_refund": 0, "exchange": 3}[word]
        if kind in (0, 3) and not shipped:
            raise ValueError("nothing to send back")
        paid = row["pay_amount"] - row["promotion_pay_amount"]
        taken = sum(
            ticket["refund_total_amount"]
            for ticket in self.tickets.values()
            if ticket["_order"] == order and ticket["after_sale_status"] != 28
        )
        if kind != 3 and taken + amount > paid:
            raise ValueError("more than was paid")
        number, of_line = self._number(), row["sku_order_list"][(line or 1) - 1]
        self.tickets[number] = {
            "after_sale_id": number,
            "after_sale_type": kind,
            "refund_status": 1,
            "refund_total_amount": 0 if kind == 3 else amount,
            "refund_post_amount": 0,
            "real_refund_amount": 0,
            "refund_time": 0,
            "refund_fail_reason": "",
            "apply_time": self.now,
            "reason": reason,
            "reason_code": 311,
            "reason_remark": "",
            "reason_second_labels": [],
            "evidence": [],
            "got_pkg": 0,
            "apply_role": 1,
            "risk_decsison_code": 0,
            "risk_decsison_reason": "",
            "agree_refuse_sign": 0,
            "auto_audit_bits": [],
            "aftersale_status_to_final_time": 0,
            "platform_discount_return_amount": 0,
            "_order": order,
            "_line": of_line["order_id"],
            "_return": {},
            "_dispute": 0,
            "_log": [],
            "_due": 0,
        }
        self._move(self.tickets[number], 6, role=1, tag=200)
        return number

    def ship_back(self, number: int, carrier: str, tracking_no: str) -> None:
        ticket = self._open(number, 7)
        ticket["_return"] = {
            "tracking_no": tracking_no,
            "company_code": carrier,
            "company_name": "",
            "logistics_time": self.now,
        }
        self._move(ticket, 11, role=1, tag=203)

    def cancel(self, number: int) -> None:
        self._move(self._open(number, 6, 7, 11, 27, 29), 28, role=1, tag=207, _dispute=0)

    def arbitrate(self, number: int) -> None:
        ticket = self._open(number, 6, 7, 11, 27, 29)
        self._move(ticket, ticket["after_sale_status"], role=1, tag=212, _dispute=1)

    def staff_refunds(self, number: int) -> None:
        ticket = self._open(number, 6, 7, 11, 27, 29)
        if ticket["after_sale_type"] not in (0, 1, 2):
            raise ValueError("no money")
        self._move(ticket, 12, role=2, tag=201, _dispute=0)

    def doom(self, number: int) -> None:
        ticket = self._open(number, 12)
        if ticket["refund_status"] not in (1, 2):
            raise ValueError("no money on its way")
        self._doomed.add(ticket["after_sale_id"])

    # Tickets, as calls move them.

    def operate(self, param: dict[str, Any]) -> dict[str, Any]:
        items = param.get("items")
        if not isinstance(items, list) or not 0 < len(items) <= 20:
            raise No("isv.parameter-invalid:11000", "items不合法", 40_004)
        if len(items) > 1:
            raise No("isv.business-failed:11005", "批量操作失败")
        self._operate(param.get("type"), items[0])
        answer = {
            "aftersale_id": int(items[0]["aftersale_id"]),
            "status_code": 0,
            "status_msg": "success",
        }
        return {"items": [answer]}

    def _operate(self, operation: Any, item: dict[str, Any]) -> None:
        ticket = self._asked(item.get("aftersale_id"))
        if operation not in OPERATIONS:
            raise No("isv.business-failed:11001", "该操作请到商家后台处理")
        kinds, statuses = OPERATIONS[operation]
        if ticket["after_sale_type"] not in kinds or ticket["after_sale_status"] not in statuses:
            raise No("isv.business-failed:20309541", "售后单状态不符")
        # Which number a stale version has is not published; it must be given by this connector.
        if item.get("update_time") != ticket["update_time"] or ticket["_dispute"]:
            raise No("isv.business-failed:20309541", "售后单状态已变更")
        if operation in REFUSALS:
            self._refuse(ticket, item)
        elif operation in RETURNS:
            wanted = (item.get("logistics") or {}).get("receiver_address_id")
            if wanted not in {row["address_id"] for row in self.addresses}:
                raise No("isv.parameter-invalid:11000", "退货地址不存在或为空", 40_004)
            self._move(ticket, 7, role=2, tag=202, return_address_id=wanted)
        elif operation == NEW_GOODS:
            parcel = item.get("logistics") or {}
            if not parcel.get("company_code") or not parcel.get("logistics_code"):
                raise No("isv.parameter-invalid:11000", "物流信息不合法", 40_004)
            self._move(ticket, 13, role=2, tag=211)
        else:
            assert operation in PAYMENTS
            self._move(ticket, 12, role=2, tag=201)

    def _refuse(self, ticket: dict[str, Any], item: dict[str, Any]) -> None:
        code = item.get("reject_reason_code")
        row = next((row for row in REASONS if row["reject_reason_code"] == code), None)
        if row is None or not item.get("remark"):
            raise No("isv.parameter-invalid:11000", "拒绝原因不合法", 40_004)
        if row["evidence_need"] == "Y" and not item.get("evidence"):
            raise No("isv.parameter-invalid:11000", "请上传凭证", 40_004)
        refused = 29 if ticket["after_sale_status"] == 11 else 27
        self._move(ticket, refused, role=2, tag=204)

    def reasons(self, number: Any) -> list[dict[str, Any]]:
        ticket = self._asked(number)
        open_to = ticket["after_sale_type"] != 2 and ticket["after_sale_status"] in (6, 11)
        return REASONS if open_to else []

    def open_entry(self, number: Any) -> dict[str, Any]:
        lines = {line["order_id"] for row in self.orders.values() for line in row["sku_order_list"]}
        if number not in lines:
            raise No("isv.business-failed:11001", "订单不属于该店铺")
        found = self.entries.get(number, {"match_success": True, "match_conclusion": 1})
        if found.get("match_success"):
            if found.get("open"):
                raise No("isv.business-failed:12000", "售后入口已开启")
            self.entries[number] = {"match_success": True, "open": True}
            found = {"match_conclusion": 0, "match_success": True, "can_apply_type_list": [0, 1]}
        return {"conclusion": {"match_message": "", **found}}

    # How.

    def _agree(self, ticket: dict[str, Any], *, role: int) -> None:
        refunds = ticket["after_sale_type"] in (1, 2)
        self._move(ticket, 12 if refunds else 7, role=role, tag=201 if refunds else 202)

    def _settle(self, ticket: dict[str, Any]) -> None:
        self._move(
            ticket,
            12,
            role=4,
            tag=206,
            refund_status=3,
            real_refund_amount=ticket["refund_total_amount"],
            refund_time=self.now,
        )

    def _asked(self, number: Any) -> dict[str, Any]:
        if not isinstance(number, str) or not number.isdecimal():
            raise No("isv.parameter-invalid:11000", "售后单号不合法", 40_004)
        if int(number) not in self.tickets:
            raise No("isv.business-failed:12001", "售后单不存在")
        return self.tickets[int(number)]

    def _open(self, number: int, *statuses: int) -> dict[str, Any]:
        ticket = self.tickets[number]
        if ticket["after_sale_status"] not in statuses:
            raise ValueError(f"not in {ticket['after_sale_status']}")
        return ticket

    def _move(
        self, ticket: dict[str, Any], status: int, *, role: int, tag: int = 208, **changes: Any
    ) -> None:
        now = self._moment()
        ticket.update(after_sale_status=status, update_time=now, **changes)
        if status == 12 and ticket["refund_status"] == 1:
            ticket["refund_status"] = 2
        ticket["_log"].append({"operator": "", "text": f"变更为{status}", "role": role, "_at": now})
        moving = status != 12 or ticket["refund_status"] == 2
        patience = {6: 48 * HOUR, 7: 7 * DAY, 11: 7 * DAY, 12: MINUTE, 13: 7 * DAY, 27: 7 * DAY}
        waits = patience.get(status, 0) if moving and not ticket["_dispute"] else 0
        ticket["_due"] = now + waits if waits else 0
        ticket["status_deadline"] = ticket["_due"] if status != 12 else 0
        if status in (14, 28) or ticket["refund_status"] == 3:
            ticket["aftersale_status_to_final_time"] = now
        line = next(
            line
            for line in self.orders[ticket["_order"]]["sku_order_list"]
            if line["order_id"] == ticket["_line"]
        )
        line["after_sale_info"] = {
            "after_sale_status": status,
            "after_sale_type": ticket["after_sale_type"],
            "refund_status": ticket["refund_status"],
        }
        self.pushed.append(
            (
                tag,
                {
                    "aftersale_id": ticket["after_sale_id"],
                    # As some of the platform's own examples, it contradicts the event.
                    "aftersale_status": 13,
                    "aftersale_type": ticket["after_sale_type"],
                    "p_id": ticket["_order"],
                    "s_id": int(ticket["_line"]),
                    "shop_id": SHOP_ID,
                    "refund_amount": ticket["refund_total_amount"],
                    "update_time": now,
                },
            )
        )

    def _moment(self) -> int:
        self.now += 1
        return self.now

    def _number(self) -> int:
        self._next += 1
        return self._next
