"""`<number:…>` in an address: a number as another system gives it, read as SPEC O9 says.

It may contain a slash (sent as `%2F`) or a line break, so an address that ends with it stands
behind those that go on with a word.
"""

from django.urls import register_converter
from django.urls.converters import StringConverter

from aftersale.domain.identifiers import clean_identifier


class Number(StringConverter):
    regex = "(?s:.+)"

    def to_python(self, value: str) -> str:
        """ "" for a number without a visible character; the look-up then answers 404."""
        return clean_identifier(value)


register_converter(Number, "number")
