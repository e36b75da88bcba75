"""The desk's tables, one subject a file."""

from .alert import ENDED_ALERTS, OPEN_ALERTS, ShippingAlert
from .choices import (
    Actor,
    AlertKind,
    AlertState,
    ArbitrationResult,
    AttemptState,
    Beneficiary,
    ConnectorKind,
    FundEntryKind,
    FundKind,
    NegotiationResult,
    OrderLabel,
    OrderStatus,
    OrderType,
    RefundSource,
    RefundStatus,
    Role,
    Scope,
    ShopEventKind,
    ShopStatus,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from .desk import CaseVisit, SavedFilter
from .fund import Fund, FundEntry
from .order import CommissionSplit, Order, OrderLine
from .refund import Refund, RefundAttempt
from .reply import EvidenceFile, Negotiation, Rejection, RejectReasonTemplate
from .sandbox import SandboxBehaviour, SandboxInstruction, SandboxPayment
from .shipping import OrderShipping, Shipment
from .shop import BlockedBuyer, FastRefundPeriod, Membership, PaymentStop, Shop, ShopEvent
from .ticket import DESK_STATUSES, Ticket, TicketEvent
from .token import ApiToken, IdempotentCall
from .window import AfterSaleWindow, CommissionReturn

__all__ = [
    "DESK_STATUSES",
    "ENDED_ALERTS",
    "OPEN_ALERTS",
    "Actor",
    "AfterSaleWindow",
    "AlertKind",
    "AlertState",
    "ApiToken",
    "ArbitrationResult",
    "AttemptState",
    "Beneficiary",
    "BlockedBuyer",
    "CaseVisit",
    "CommissionReturn",
    "CommissionSplit",
    "ConnectorKind",
    "EvidenceFile",
    "FastRefundPeriod",
    "Fund",
    "FundEntry",
    "FundEntryKind",
    "FundKind",
    "IdempotentCall",
    "Membership",
    "Negotiation",
    "NegotiationResult",
    "Order",
    "OrderLabel",
    "OrderLine",
    "OrderShipping",
    "OrderStatus",
    "OrderType",
    "PaymentStop",
    "Refund",
    "RefundAttempt",
    "RefundSource",
    "RefundStatus",
    "RejectReasonTemplate",
    "Rejection",
    "Role",
    "SandboxBehaviour",
    "SandboxInstruction",
    "SandboxPayment",
    "SavedFilter",
    "Scope",
    "Shipment",
    "ShippingAlert",
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
