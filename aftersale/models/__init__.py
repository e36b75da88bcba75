"""The desk's tables, one subject a file."""

from .choices import (
    Actor,
    ArbitrationResult,
    AttemptState,
    Beneficiary,
    ConnectorKind,
    FundKind,
    OrderLabel,
    OrderStatus,
    OrderType,
    RefundSource,
    RefundStatus,
    Role,
    ShopEventKind,
    ShopStatus,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from .fund import Fund, FundEntry
from .order import CommissionSplit, Order, OrderLine
from .refund import Refund, RefundAttempt
from .sandbox import SandboxBehaviour, SandboxInstruction, SandboxPayment
from .shop import BlockedBuyer, FastRefundPeriod, Membership, PaymentStop, Shop, ShopEvent
from .ticket import Ticket, TicketEvent

__all__ = [
    "Actor",
    "ArbitrationResult",
    "AttemptState",
    "Beneficiary",
    "BlockedBuyer",
    "CommissionSplit",
    "ConnectorKind",
    "FastRefundPeriod",
    "Fund",
    "FundEntry",
    "FundKind",
    "Membership",
    "Order",
    "OrderLabel",
    "OrderLine",
    "OrderStatus",
    "OrderType",
    "PaymentStop",
    "Refund",
    "RefundAttempt",
    "RefundSource",
    "RefundStatus",
    "Role",
    "SandboxBehaviour",
    "SandboxInstruction",
    "SandboxPayment",
    "Shop",
    "ShopEvent",
    "ShopEventKind",
    "ShopStatus",
    "Ticket",
    "TicketEvent",
    "TicketEventKind",
    "TicketFlag",
    "TicketStatus",
    "TicketType",
]
