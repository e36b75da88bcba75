"""The desk's part of /api/v1/."""

from django.urls import path

from . import numbers  # noqa: F401 - the addresses below name its converter
from .automation import PauseCall, ResumeCall
from .blocked_buyers import BlockedBuyerCall, BlockedBuyersCall
from .events import EventsCall
from .fund_entries import FundEntriesCall
from .many import ApproveTicketsCall, ShipChecksCall
from .orders import OrderCall, OrdersCall
from .refund_list import RefundsCall
from .reject_reasons import RejectReasonsCall
from .ship_check import ShipCheckCall
from .ticket_steps import (
    ApproveCall,
    ConfirmApprovalCall,
    ConfirmReturnCall,
    DeclineApprovalCall,
    NegotiateCall,
    RefundResultCall,
    RejectCall,
    RetryRefundCall,
)
from .tickets import TicketsCall
from .token import TokenCall
from .told_steps import (
    NewGoodsCall,
    NoteCall,
    ReturnAddressesCall,
    ReturnFreightCall,
    ReturnParcelCall,
)
from .warehouse import (
    DeliveryRefusedCall,
    GoodsReceivedCall,
    ParcelInterceptedCall,
    ShipmentsCall,
    ShippingCancelledCall,
)
from .webhooks import WebhookCall, WebhooksCall
from .windows import WindowCall, WindowsCall

ORDER, TICKET = "orders/<number:order_no>", "tickets/<number:ticket_no>"

app_name = "desk-api"
urlpatterns = [
    path("orders", OrdersCall.as_view(), name="orders"),
    path(f"{ORDER}/ship-check", ShipCheckCall.as_view(), name="ship-check"),
    path(f"{ORDER}/shipments", ShipmentsCall.as_view(), name="shipments"),
    path(f"{ORDER}/shipping-cancelled", ShippingCancelledCall.as_view(), name="shipping-cancelled"),
    path(f"{ORDER}/parcel-intercepted", ParcelInterceptedCall.as_view(), name="parcel-intercepted"),
    path(f"{ORDER}/delivery-refused", DeliveryRefusedCall.as_view(), name="delivery-refused"),
    path(f"{ORDER}/window", WindowCall.as_view(), name="window"),
    path(ORDER, OrderCall.as_view(), name="order"),
    path("ship-checks", ShipChecksCall.as_view(), name="ship-checks"),
    path("tickets/approve", ApproveTicketsCall.as_view(), name="approve-tickets"),
    path("tickets", TicketsCall.as_view(), name="tickets"),
    path(f"{TICKET}/approve", ApproveCall.as_view(), name="approve"),
    path(f"{TICKET}/reject", RejectCall.as_view(), name="reject"),
    path(f"{TICKET}/negotiate", NegotiateCall.as_view(), name="negotiate"),
    path(f"{TICKET}/confirm-return", ConfirmReturnCall.as_view(), name="confirm-return"),
    path(f"{TICKET}/return-parcel", ReturnParcelCall.as_view(), name="return-parcel"),
    path(f"{TICKET}/new-goods", NewGoodsCall.as_view(), name="new-goods"),
    path(f"{TICKET}/return-freight", ReturnFreightCall.as_view(), name="return-freight"),
    path(f"{TICKET}/note", NoteCall.as_view(), name="note"),
    path(f"{TICKET}/retry-refund", RetryRefundCall.as_view(), name="retry-refund"),
    path(f"{TICKET}/confirm-approval", ConfirmApprovalCall.as_view(), name="confirm-approval"),
    path(f"{TICKET}/decline-approval", DeclineApprovalCall.as_view(), name="decline-approval"),
    path(f"{TICKET}/goods-received", GoodsReceivedCall.as_view(), name="goods-received"),
    path("refunds", RefundsCall.as_view(), name="refunds"),
    path("webhooks", WebhooksCall.as_view(), name="webhooks"),
    path("webhooks/<int:pk>", WebhookCall.as_view(), name="webhook"),
    path("windows", WindowsCall.as_view(), name="windows"),
    path("refunds/<number:number>/result", RefundResultCall.as_view(), name="refund-result"),
    path("return-addresses", ReturnAddressesCall.as_view(), name="return-addresses"),
    path("reject-reasons", RejectReasonsCall.as_view(), name="reject-reasons"),
    path("shop/pause", PauseCall.as_view(), name="pause"),
    path("shop/resume", ResumeCall.as_view(), name="resume"),
    path("blocked-buyers", BlockedBuyersCall.as_view(), name="blocked-buyers"),
    path("blocked-buyers/<number:buyer>", BlockedBuyerCall.as_view(), name="blocked-buyer"),
    path("token", TokenCall.as_view(), name="token"),
    path("events", EventsCall.as_view(), name="events"),
    path("fund-entries", FundEntriesCall.as_view(), name="fund-entries"),
]
