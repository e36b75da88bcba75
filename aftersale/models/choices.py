"""The fixed vocabularies of the desk: SPEC section 1, O1, O3, O4 and P1, with their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ShopStatus(models.TextChoices):
    NORMAL = "normal", pgettext_lazy("shop status", "Normal")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", pgettext_lazy("shop status", "Closed")


class ConnectorKind(models.TextChoices):
    """How a shop's refunds are paid."""

    MANUAL = "manual", _("By hand")
    SANDBOX = "sandbox", _("Sandbox (demo shops only)")
    PLATFORM = "platform", _("Through the platform")


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    CS_MANAGER = "cs_manager", _("Customer-service manager")
    CS_AGENT = "cs_agent", _("Customer service")
    VIEWER = "viewer", _("Read only")


class Scope(models.TextChoices):
    """The scopes of a token (INTERFACES, REST API)."""

    READ = "read", pgettext_lazy("scope", "Read orders, tickets, decisions and figures")
    ORDERS = "orders", pgettext_lazy("scope", "Send orders and tickets")
    SHIPPING = "shipping", pgettext_lazy("scope", "Ask before shipping, report parcels and returns")
    TICKETS = "tickets", pgettext_lazy("scope", "Decide tickets as a person of the desk")
    STRATEGIES = "strategies", pgettext_lazy("scope", "Change strategies, priorities and guards")
    WINDOWS = "windows", pgettext_lazy("scope", "Re-open after-sale windows")
    FUNDS = "funds", pgettext_lazy("scope", "Send entries of the wallet and the deposit")


class OrderType(models.TextChoices):
    ORDINARY = "ordinary", _("Ordinary")
    CROSS_BORDER = "cross_border", _("Cross-border")
    DEPOSIT = "deposit", pgettext_lazy("order type", "Deposit")


class OrderStatus(models.TextChoices):
    PENDING_PAYMENT = "pending_payment", _("To be paid")
    PENDING_SHIPMENT = "pending_shipment", _("To be shipped")
    PARTIALLY_SHIPPED = "partially_shipped", _("Partly shipped")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    COMPLETED = "completed", _("Completed")
    CLOSED = "closed", pgettext_lazy("order status", "Closed")


class OrderLabel(models.TextChoices):
    FAST_REFUND = "fast_refund", _("Fast refund")
    REFUND_KEEP_GOODS = "refund_keep_goods", _("Refund, goods kept")
    CAMPAIGN = "campaign", _("Campaign")
    # The platform flagged the order as risky, or says not to ship it (SPEC O1).
    RISK = "risk", pgettext_lazy("order label", "Risk")


class Beneficiary(models.TextChoices):
    TALENT = "talent", _("Talent")
    TEAM_LEADER = "team_leader", _("Team leader")
    PROMOTER = "promoter", _("Promoter")
    PLATFORM = "platform", pgettext_lazy("beneficiary", "Platform service fee")


class TicketType(models.TextChoices):
    REFUND_ONLY = "refund_only", _("Refund only")
    RETURN_REFUND = "return_refund", _("Return and refund")
    REFUND_KEEP_GOODS = "refund_keep_goods", _("Refund, goods kept")
    EXCHANGE = "exchange", _("Exchange")


class TicketStatus(models.TextChoices):
    PENDING_REVIEW = "pending_review", _("To be handled")
    NEGOTIATING = "negotiating", _("Negotiating")
    AWAITING_RETURN = "awaiting_return", _("Awaiting the return")
    RETURNING = "returning", _("Returned by the buyer")
    REFUNDING = "refunding", _("Refunding")
    REFUNDED = "refunded", _("Refunded")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    REJECTED = "rejected", _("Rejected")
    ARBITRATION = "arbitration", _("Platform arbitration")
    CANCELLED = "cancelled", _("Withdrawn")
    CLOSED = "closed", pgettext_lazy("ticket status", "Closed")


class CameBy(models.TextChoices):
    """The way by which a ticket first came in; empty for those from before it was kept."""

    PLATFORM = "platform", _("Read from its platform")
    PROGRAM = "program", _("Sent by a program")
    FILE = "file", _("From a file of records")
    EXPORT = "export", _("From an export of the back office")


class TicketFlag(models.TextChoices):
    """A warning for people about a ticket; raised once, it stays."""

    DIFFERS = "differs", _("Platform reports another type or amount")
    ORDER_IN_DOUBT = "order_in_doubt", _("Facts of its order are in doubt")
    PLATFORM_STEP = "platform_step", _("Moved by the platform in an unusual way")
    LINE_MISSING = "line_missing", _("Order has no such line")
    OVER_REFUNDED = "over_refunded", _("More refunded than was paid")
    PAID_TWICE = "paid_twice", _("Paid twice by the platform")
    NO_WINDOW = "no_window", _("No after-sale window on the completed order")
    LIKELY_LOSS = "likely_loss", _("Likely loss")
    ERROR = "error", _("Evaluation failed")
    BEFORE_CONNECTION = "before_connection", _("Open before the shop was connected")
    PLATFORM_PAYS = "platform_pays", _("Fast refund paid by the platform")
    PLATFORM_REFUSED = "platform_refused", _("The platform did not take the step")
    UNKNOWN_THERE = "unknown_there", _("Status or type of the platform not known here")
    MAY_BE_PAID = "may_be_paid", _("May have been paid already: a backup was restored")
    SECOND_PERSON = "second_person", _("Waits for a second person")


# Automation leaves tickets with one of these flags alone, and decides nothing on them: the line is
# not known; the ticket was open before the shop was connected, and nobody has asked to evaluate
# such tickets; the platform pays it by itself, did not accept a decision, or says something that is
# not known here; it may have been paid in a time that a restored backup does not know; a second
# person is asked for a step on it (SPEC G4). One with an open difference is evaluated: it goes to
# people as `open_difference` (SPEC E2).
HANDS_OFF = [
    TicketFlag.LINE_MISSING,
    TicketFlag.BEFORE_CONNECTION,
    TicketFlag.PLATFORM_PAYS,
    TicketFlag.PLATFORM_REFUSED,
    TicketFlag.UNKNOWN_THERE,
    TicketFlag.MAY_BE_PAID,
    TicketFlag.SECOND_PERSON,
]


class Actor(models.TextChoices):
    """The one that moves a ticket (SPEC O4: A, M, P)."""

    AUTOMATION = "automation", _("Automation")
    PERSON = "person", _("Person")
    PLATFORM = "platform", pgettext_lazy("actor", "Platform or buyer")


class TicketEventKind(models.TextChoices):
    ARRIVED = "arrived", _("Arrived")
    STATUS = "status", _("Status changed")
    REPORTED = "reported", _("Reported by the platform")
    REFUND = "refund", pgettext_lazy("event", "Refund")
    FLAG = "flag", _("Flagged")
    NOTE = "note", _("Note")
    # For colleagues alone: neither platform nor buyer reads it.
    INTERNAL = "internal", _("Internal note")


class CaseMark(models.TextChoices):
    """A coloured flag that staff put on a case, for themselves; what each means is theirs."""

    RED = "red", _("Red flag")
    YELLOW = "yellow", _("Yellow flag")
    GREEN = "green", _("Green flag")
    BLUE = "blue", _("Blue flag")
    PURPLE = "purple", _("Purple flag")


class ArbitrationResult(models.TextChoices):
    BUYER = "buyer", _("For the buyer")
    MERCHANT = "merchant", _("For the merchant")


class RefundSource(models.TextChoices):
    """The cause of a refund."""

    STRATEGY = "strategy", _("Strategy")
    FAST_REFUND = "fast_refund", _("Fast refund")
    PERSON = "person", _("Person")
    PLATFORM = "platform", pgettext_lazy("refund source", "Platform")


class RefundStatus(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("refund", "To be paid")
    SENDING = "sending", _("Being sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    SUCCEEDED = "succeeded", _("Paid")
    FAILED = "failed", _("Failed")
    TAKEN_BACK = "taken_back", _("Taken back")


class ApprovalKind(models.TextChoices):
    """A step that moves money, as a second person is asked for it (SPEC G4)."""

    APPROVE = "approve", pgettext_lazy("asked of a second person", "Approve")
    NEGOTIATE = "negotiate", pgettext_lazy("asked of a second person", "Offer the buyer money")
    CONFIRM_RETURN = (
        "confirm_return",
        pgettext_lazy("asked of a second person", "Refund without the goods, or anew"),
    )
    RETRY = "retry", pgettext_lazy("asked of a second person", "Try the refund again")
    TAKE_OVER = "take_over", pgettext_lazy("asked of a second person", "Take a suggestion over")
    PAID = "paid", pgettext_lazy("asked of a second person", "Record as paid")
    WAS_PAID = "was_paid", pgettext_lazy("asked of a second person", "Record as paid earlier")


class ApprovalState(models.TextChoices):
    """How far a request for a second person has come (SPEC G4)."""

    WAITING = "waiting", pgettext_lazy("second person", "Waits")
    CONFIRMED = "confirmed", pgettext_lazy("second person", "Confirmed")
    DECLINED = "declined", pgettext_lazy("second person", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("second person", "Withdrawn by who asked")
    # Its facts, or who asked, are not what they were.
    FALLEN = "fallen", pgettext_lazy("second person", "Fallen: things have changed")


class AttemptState(models.TextChoices):
    LEASED = "leased", _("Being sent")
    ACCEPTED = "accepted", _("Accepted by the platform, not paid yet")
    UNKNOWN = "unknown", _("Outcome unknown")
    SUCCEEDED = "succeeded", _("Paid")
    FAILED = "failed", _("Failed")
    PAID_LATE = "paid_late", _("Paid after another attempt was")


class StepKind(models.TextChoices):
    """A step that is sent to a platform, besides refunds."""

    APPROVE_RETURN = "approve_return", _("Return approved")
    REJECT = "reject", pgettext_lazy("step", "Rejected")
    NEGOTIATE = "negotiate", _("Offer to the buyer")
    OPEN_WINDOW = "open_window", _("After-sale window re-opened")
    NOTE = "note", _("Note on the order")
    ENTER_RETURN = "enter_return", _("Return parcel entered for the buyer")
    SEND_NEW_GOODS = "send_new_goods", _("New goods sent")
    MORE_TIME = "more_time", _("More time to receive the goods")
    STOP_PARCELS = "stop_parcels", _("Parcel to be stopped on its way")
    OPEN_REQUEST = "open_request", _("Request in the buyer's name")
    PRICE_DIFFERENCE = "price_difference", _("Refund of a price difference")


# Beside a ticket's own course: they move no status and no money.
BESIDE_STEPS = (
    StepKind.NOTE,
    StepKind.ENTER_RETURN,
    StepKind.SEND_NEW_GOODS,
    StepKind.MORE_TIME,
    StepKind.STOP_PARCELS,
)


class StepState(models.TextChoices):
    DUE = "due", _("Being sent to the platform")
    SENDING = "sending", _("Being sent to the platform")
    UNKNOWN = "unknown", _("Not known whether the platform took it")
    ACCEPTED = "accepted", _("Taken by the platform")
    DECLINED = "declined", _("Not taken by the platform")
    TAKEN_OVER = "taken_over", _("Handled at the platform meanwhile")


class FundKind(models.TextChoices):
    WALLET = "wallet", _("Wallet")
    DEPOSIT = "deposit", pgettext_lazy("fund", "Deposit")


class FundEntryKind(models.TextChoices):
    """Why a fund moved (SPEC W3, W4)."""

    REPORTED = "reported", _("Reported from outside")
    CORRECTION = "correction", _("Correction by an owner")
    REFUND = "refund", _("Refund through a window")
    REFUND_BACK = "refund_back", _("Refund failed, credited back")
    COMMISSION = "commission", _("Commission returned")
    ARBITRATION = "arbitration", _("Refund imposed by arbitration")


class NegotiationResult(models.TextChoices):
    """How a round of negotiation ended (SPEC O4)."""

    ACCEPTED = "accepted", _("Accepted by the buyer")
    ANSWERED = "answered", _("Answered by the buyer")
    EXPIRED = "expired", _("Time ran out")
    ENDED = "ended", _("Ended by another step")
    # The offer never reached the buyer, and does not count as a round.
    REFUSED = "refused", _("Not taken by the platform")


class AlertKind(models.TextChoices):
    """Why a parcel must be stopped (SPEC H1, H2)."""

    SHIPPED_AFTER_REFUND = "shipped_after_refund", _("Shipped although refunded")
    LIKELY_LOSS = "likely_loss", _("Had been shipped when it was refunded")


class AlertState(models.TextChoices):
    """How far the interception of a parcel has come (SPEC H1)."""

    TO_STOP = "to_stop", _("To be stopped")
    ASKED_CARRIER = "asked_carrier", _("Carrier asked")
    INTERCEPTED = "intercepted", _("Intercepted")
    RETURNED = "returned", _("Returned by the buyer")
    LOST = "lost", _("Lost")


class AuditKind(models.TextChoices):
    """A step that the audit trail tells of (SPEC P6)."""

    # Accounts
    LOGGED_IN = "logged_in", _("Logged in")
    LOG_IN_FAILED = "log_in_failed", _("Log-in failed")
    LOGGED_OUT = "logged_out", _("Logged out")
    SESSIONS_ENDED = "sessions_ended", _("Sessions ended")
    JOINED = "joined", _("Accepted an invitation")
    PASSWORD = "password", _("Password changed")
    PASSWORD_LINK = "password_link", _("Link for a new password made")
    FACTOR_ADDED = "factor_added", _("Second factor added")
    FACTOR_REMOVED = "factor_removed", _("Second factor removed")
    RECOVERY_CODES = "recovery_codes", _("New recovery codes")
    FACTORS_FORGOTTEN = "factors_forgotten", _("Second factors taken away")
    ACCESS = "access", _("Account changed")
    # Shops
    CREATED = "created", _("Created")
    CHANGED = "changed", _("Settings changed")
    MEMBER = "member", _("Membership changed")
    TOKEN = "token", _("API token changed")
    WEBHOOK = "webhook", _("Webhook changed")
    PLATFORM = "platform", _("Platform connection changed")
    TEMPLATE = "template", _("Text for buyers changed")
    BUYER_BLOCKED = "buyer_blocked", _("Buyer blocked")
    BUYER_UNBLOCKED = "buyer_unblocked", _("Buyer unblocked")
    BUYER_ERASED = "buyer_erased", _("Buyer erased")
    BUYER_EXPORTED = "buyer_exported", _("Buyer's data given out")
    ARCHIVED = "archived", _("Old tickets archived")
    # Automation and money
    STRATEGY = "strategy", _("Strategies changed")
    STRATEGY_ENABLED = "strategy_enabled", _("Strategy enabled")
    PAUSED = "paused", _("Automation paused")
    RESUMED = "resumed", _("Automation resumed")
    LOOKED_AGAIN = "looked_again", _("Tickets evaluated again")
    CORRECTION = "correction", _("Ledger corrected")
    PAYMENTS_STOPPED = "payments_stopped", _("All payments stopped")
    PAYMENTS_RESUMED = "payments_resumed", _("Payments let go on")
    # Programs, exports, refusals, and the machine
    CALL = "call", _("Step of a program")
    EXPORTED = "exported", _("Exported")
    REFUSED = "refused", _("Step refused")
    RESTORED = "restored", _("Backup restored")
    TIME_SET_RIGHT = "time_set_right", _("Time of decisions set right")
    COMMAND = "command", _("Command on the machine")
