"""`<number:…>` in an address: a number as another system gives it.

With a slash (sent as `%2F`) or a line break in it, too. So an address that ends with it stands
behind those that go on with a word.
"""

from django.urls import register_converter
from django.urls.converters import StringConverter


class Number(StringConverter):
    regex = "(?s:.+)"


register_converter(Number, "number")
