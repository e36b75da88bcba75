"""The desk's pages in the admin. Other apps add to them through `TicketAdmin.sections`."""

from .fund import FundAdmin, FundEntryAdmin
from .operations import PaymentStopAdmin
from .order import OrderAdmin
from .people import PersonAdmin
from .refund import RefundAdmin, RefundAttemptAdmin
from .sandbox import SandboxInstructionAdmin, SandboxPaymentAdmin
from .shop import BlockedBuyerAdmin, MembershipAdmin, ShopAdmin, ShopEventAdmin
from .ticket import TicketAdmin, TicketEventAdmin
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
    "ShopEventAdmin",
    "TicketAdmin",
    "TicketEventAdmin",
    "told_platform",
]
