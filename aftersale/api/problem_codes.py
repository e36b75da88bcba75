"""The codes of problems: stable, for programs to tell errors apart (docs/integration.md)."""

from enum import StrEnum


class ProblemCode(StrEnum):
    """A code is never taken back or given another meaning; new ones may come."""

    # Errors of the request.
    INVALID = "invalid"
    REFUSED = "refused"
    OVER_REFUNDABLE = "over_refundable"
    OVER_LINE = "over_line"
    OTHER_REASONS = "other_reasons"
    NOT_OFFERED = "not_offered"
    FREIGHT_UNANSWERED = "return_freight_unanswered"
    TOO_LARGE = "too_large"
    BAD_REQUEST = "bad_request"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    KEY_REUSED = "idempotency_key_reused"
    # The token, and the person who made it.
    NO_TOKEN = "no_token"  # noqa: S105 - no password
    NEEDS_HTTPS = "needs_https"
    SCOPE_MISSING = "scope_missing"
    NOT_ALLOWED = "not_allowed"
    NEEDS_PERSON = "needs_person"
    RATE_LIMITED = "rate_limited"
    # The state of things.
    NOT_FOUND = "not_found"
    NO_SUCH_CALL = "no_such_call"
    WRONG_STEP = "wrong_step"
    STALE = "stale"
    OTHER_PAYMENT = "other_payment"
    SECOND_PERSON = "second_person"
    NOT_OPENED = "window_not_opened"
    CURSOR_GONE = "cursor_gone"
    PRECONDITION_FAILED = "precondition_failed"
    # Afterdesk itself.
    BUSY = "busy"
    NO_DATABASE = "no_database"
    READ_ONLY = "read_only"
    NO_STORAGE = "no_storage"
    SERVER_ERROR = "server_error"
