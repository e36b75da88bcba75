"""Colours of states: amber waits for people, blue is under way, red went wrong."""

from aftersale.models import AttemptState, OrderStatus, RefundStatus, ShopStatus, TicketStatus

TICKET_STATUS: dict[str, str] = {
    TicketStatus.PENDING_REVIEW: "warning",
    TicketStatus.NEGOTIATING: "warning",
    TicketStatus.AWAITING_RETURN: "info",
    TicketStatus.RETURNING: "warning",
    TicketStatus.REFUNDING: "info",
    TicketStatus.REFUNDED: "success",
    TicketStatus.REFUND_FAILED: "danger",
    TicketStatus.ARBITRATION: "danger",
}
ORDER_STATUS: dict[str, str] = {
    OrderStatus.PENDING_PAYMENT: "warning",
    OrderStatus.PENDING_SHIPMENT: "info",
    OrderStatus.PARTIALLY_SHIPPED: "info",
    OrderStatus.SHIPPED: "primary",
    OrderStatus.DELIVERED: "primary",
    OrderStatus.COMPLETED: "success",
}
REFUND_STATUS: dict[str, str] = {
    RefundStatus.REQUESTED: "info",
    RefundStatus.SENDING: "info",
    RefundStatus.UNKNOWN: "warning",
    RefundStatus.SUCCEEDED: "success",
    RefundStatus.FAILED: "danger",
}
ATTEMPT_STATE: dict[str, str] = {
    AttemptState.LEASED: "info",
    AttemptState.ACCEPTED: "info",
    AttemptState.UNKNOWN: "warning",
    AttemptState.SUCCEEDED: "success",
    AttemptState.FAILED: "danger",
    AttemptState.PAID_LATE: "danger",
}
SHOP_STATUS: dict[str, str] = {
    ShopStatus.NORMAL: "success",
    ShopStatus.SUSPENDED: "warning",
}
