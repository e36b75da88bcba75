"""Keys of rows that a page sends back as one text."""

from django.core.exceptions import BadRequest

from aftersale.domain.digits import whole_number


def typed_keys(text: str) -> list[int]:
    """The keys of "3,1,2"; BadRequest where an entry is none."""
    keys = [whole_number(entry) for entry in text.split(",") if entry]
    found = [key for key in keys if key is not None]
    if len(found) < len(keys):
        raise BadRequest("not a list of keys")
    return found
