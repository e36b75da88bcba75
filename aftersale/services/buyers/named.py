"""The buyer that a person names."""

from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.multilingual import said as _
from aftersale.services.shared.errors import Refused


def named_buyer(text: str) -> str:
    """The number as it is stored (SPEC O9); raises Refused where nothing visible is left."""
    buyer = clean_identifier(text)
    if not buyer:
        raise Refused(_("Say which buyer."), pointer="buyer")
    return buyer
