"""The desk's pages in the admin. Other apps add to them through `TicketAdmin.sections`."""

from aftersale.admin.records.fund import FundAdmin, FundEntryAdmin
from aftersale.admin.records.order import OrderAdmin
from aftersale.admin.records.payment_stop import PaymentStopAdmin
from aftersale.admin.records.refund import RefundAdmin, RefundAttemptAdmin
from aftersale.admin.records.sandbox import SandboxInstructionAdmin, SandboxPaymentAdmin
from aftersale.admin.records.shop import (
    BlockedBuyerAdmin,
    MembershipAdmin,
    ShopAdmin,
)
from aftersale.admin.records.ticket import TicketAdmin, TicketEventAdmin
from aftersale.admin.records.user import PersonAdmin

from .workbench.came_in import came_in
from .workbench.platform_says import platform_says
from .workbench.told_platform import told_platform

__all__ = [
    "BlockedBuyerAdmin",
    "FundAdmin",
    "FundEntryAdmin",
    "MembershipAdmin",
    "OrderAdmin",
    "PaymentStopAdmin",
    "PersonAdmin",
    "RefundAdmin",
    "RefundAttemptAdmin",
    "SandboxInstructionAdmin",
    "SandboxPaymentAdmin",
    "ShopAdmin",
    "TicketAdmin",
    "TicketEventAdmin",
    "came_in",
    "platform_says",
    "told_platform",
]
