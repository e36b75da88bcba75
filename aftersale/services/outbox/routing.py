"""Which payments leave through the shop's platform, and which it makes by itself."""

from aftersale.models import ConnectorKind, PlatformAccount, Shop


def pays_fast_refunds(shop: Shop) -> bool:
    """True if the platform pays fast refunds itself: they are recorded, not sent (SPEC F2)."""
    return (
        shop.connector == ConnectorKind.PLATFORM
        and PlatformAccount.objects.filter(shop=shop, pays_fast_refunds=True).exists()
    )
