"""Which connector a shop has."""

from django.conf import settings

from aftersale.models import ConnectorKind
from aftersale.platforms.payments import Connector
from aftersale.platforms.platform_payments import ThroughPlatform
from aftersale.platforms.sandbox_payments import Sandbox


def allowed(kind: str) -> bool:
    """True if refunds may be paid in this way here: the sandbox never in production."""
    return kind != ConnectorKind.SANDBOX or not settings.PRODUCTION


def sends(kind: str) -> bool:
    """True if the program pays in this way, False if a person does."""
    return kind != ConnectorKind.MANUAL


def connector_for(kind: str) -> Connector | None:
    """The connector of a kind; None where nothing is sent: paid by hand, or not allowed here."""
    if kind == ConnectorKind.PLATFORM:
        return ThroughPlatform()
    if kind == ConnectorKind.SANDBOX and allowed(kind):
        return Sandbox()
    return None
