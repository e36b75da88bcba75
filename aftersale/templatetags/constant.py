"""`{% constant %}…{% endconstant %}`: a part of a page that is the same for everybody who reads it
in the same language; it is rendered once in a process.

Nothing of a page reaches the inside: it is rendered without a context, so that it can show nothing
of a person or a shop.
"""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class Constant(template.Node):
    def __init__(self, inside: NodeList) -> None:
        self.nodelist = inside
        self._rendered: dict[tuple[str | None, str], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        # Addresses in it begin with the prefix.
        key = get_language(), get_script_prefix()
        if key not in self._rendered:
            bare = Context()
            whole: Any = context.template
            with bare.render_context.push_state(whole), bare.bind_template(whole):
                self._rendered[key] = self.nodelist.render(bare)
        return self._rendered[key]


@register.tag
def constant(parser: Parser, token: Token) -> Constant:
    inside = parser.parse(("endconstant",))
    parser.delete_first_token()
    return Constant(inside)
