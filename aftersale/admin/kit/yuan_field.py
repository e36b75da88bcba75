"""Amounts in forms: people type yuan, the code gets fen. No float comes near them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from aftersale.domain.money import NotYuan, format_yuan, parse_yuan, plain_yuan

# Ten figures before the point, as records take them.
MOST_FEN = 999_999_999_999


class YuanField(forms.Field):
    """Cleans to fen, or None where it is empty and not required.

    Takes what `parse_yuan` takes, "1,234.50" and "￥12" included; `least` and `most` are in fen.
    """

    default_error_messages = {
        "invalid": _("Expected an amount in yuan, such as 59.90."),
        "least": _("Expected an amount of at least %(limit)s."),
        "most": _("Expected an amount of at most %(limit)s."),
    }

    def __init__(self, *, least: int = 1, most: int = MOST_FEN, **options: Any) -> None:
        self.least, self.most = least, most
        options.setdefault("widget", forms.TextInput())
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        """Fen of the code as yuan; text that was typed stays as it is."""
        return plain_yuan(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        try:
            return parse_yuan(text)
        except NotYuan:
            raise self._error("invalid") from None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if value < self.least:
            raise self._error("least", format_yuan(self.least))
        if value > self.most:
            raise self._error("most", format_yuan(self.most))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return initial != self.to_python(data)
        except ValidationError:
            return True

    def _error(self, code: str, limit: str = "") -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params={"limit": limit})
