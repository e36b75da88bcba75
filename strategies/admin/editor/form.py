"""The form of a strategy: only the fields of its scenario, as texts that people type.

What is typed becomes a StrategyRecord, like a line of a file; what that record refuses is said
at the field. So there is one place that knows what a strategy may be (SPEC T1, T4, T7).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pydantic import ValidationError

from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.digits import whole_number
from aftersale.domain.identifiers import join_identifiers, split_identifiers
from aftersale.domain.labels import REASONS
from aftersale.domain.money import plain_yuan
from aftersale.models import OrderStatus, Shop
from aftersale.records.errors import explain
from aftersale.records.values import TIME_OF_DAY_PATTERN
from strategies.models import ExecutionTime, PaidTime, ProductCondition, Scenario, Strategy
from strategies.services.rulebook_content import strategy_content
from strategies.strategy_record import DEFAULT_DAILY_CAP, SWITCHES, StrategyRecord
from strategies.wording.conditions import switches

PRE_SHIP_ONLY = {"paid_time"}
POST_SHIP_ONLY = {"order_statuses"}


def _line(label: Any, help_text: Any = "", **attrs: Any) -> forms.CharField:
    widget = forms.TextInput({"class": "d-input", "autocomplete": "off", **attrs})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def _short(label: Any, help_text: Any = "", **attrs: Any) -> forms.CharField:
    return _line(label, help_text, **{"class": "d-input d-input--short", **attrs})


def _lines(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea({"class": "d-input", "rows": 4})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def _datetime_field(label: Any) -> forms.CharField:
    # Shows the browser's own control; the input is parsed here.
    return _line(label, type="datetime-local", **{"class": "d-input"})


def _one_of(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, required=False, widget=forms.RadioSelect()
    )


def _some_of(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple()
    )


class StrategyForm(forms.Form):
    """`kept` is the strategy being changed: values that the form doesn't show stay as they are."""

    name = _line(gettext_lazy("Name"))
    remark = forms.CharField(
        label=gettext_lazy("Remark"),
        help_text=gettext_lazy("For your colleagues; buyers never see it."),
        required=False,
        widget=forms.Textarea({"class": "d-input", "rows": 2}),
    )
    order_statuses = _some_of(
        pgettext_lazy("strategy", "Order status"),
        [(status, status.label) for status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)],
    )
    product_condition = _one_of(gettext_lazy("Which goods"), ProductCondition.choices)
    products = _lines(gettext_lazy("Product numbers"), gettext_lazy("One a line."))
    categories = _lines(gettext_lazy("Categories"), gettext_lazy("One a line."))
    buyer_reasons = _some_of(gettext_lazy("Buyer's reason"), list(REASONS.items()))
    execution_time = _one_of(gettext_lazy("When it works"), ExecutionTime.choices)
    paid_time = _one_of(gettext_lazy("When the order was paid"), PaidTime.choices)
    valid_from = _datetime_field(gettext_lazy("Valid from"))
    valid_until = _datetime_field(gettext_lazy("Valid until"))
    single_amount_cap = _short(
        gettext_lazy("Single-amount cap"),
        gettext_lazy("A ticket above it goes to the next strategy, or to people. 1 to 99,999."),
        inputmode="decimal",
        placeholder="200.00",
    )
    daily_cap = _short(
        gettext_lazy("Daily refund cap"),
        gettext_lazy("Left empty: ¥50,000.00, or the single-amount cap where that is larger."),
        inputmode="decimal",
        placeholder="50000.00",
    )
    time_limit_hours = _short(
        gettext_lazy("Application time limit"),
        gettext_lazy("Left empty: no limit."),
        inputmode="numeric",
    )
    breaker_hits = _short(gettext_lazy("Number of refunds"), inputmode="numeric")
    breaker_amount = _short(gettext_lazy("Amount"), inputmode="decimal")
    breaker_minutes = _short(gettext_lazy("Within minutes"), inputmode="numeric")
    refund_reason = _line(
        gettext_lazy("Refund filed under"),
        gettext_lazy("The seller's reason that is kept with each refund."),
    )

    def __init__(
        self,
        data: MultiValueDict | None = None,
        *,
        shop: Shop,
        scenario: str,
        kept: Strategy | None = None,
        filled: Mapping[str, Any] | None = None,
    ) -> None:
        self.shop, self.scenario, self.kept = shop, scenario, kept
        self.zone = ZoneInfo(shop.timezone)
        self.record: StrategyRecord | None = None
        initial = {**_DEFAULTS, **(initial_of(kept, self.zone) if kept else {}), **(filled or {})}
        super().__init__(data, initial=initial)
        self.pre_ship = scenario == Scenario.PRE_SHIP_REFUND
        for name in POST_SHIP_ONLY if self.pre_ship else PRE_SHIP_ONLY:
            del self.fields[name]
        self._switches = [switch.key for switch in switches(scenario)]
        for switch in switches(scenario):
            self.fields[switch.key] = forms.BooleanField(
                label=switch.label, help_text=switch.help_text, required=False
            )
        if not self.pre_ship:  # SPEC T7
            times = [time for time in ExecutionTime.choices if time[0] != ExecutionTime.OFF_HOURS]
            self._offer("execution_time", times)
        # A platform's reason without a label here is offered all the same.
        chosen = data.getlist("buyer_reasons") if data else initial.get("buyer_reasons", [])
        unknown = [word for word in dict.fromkeys(chosen) if word not in REASONS]
        self._offer("buyer_reasons", [*REASONS.items(), *((word, word) for word in unknown)])

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def switches(self) -> list[forms.BoundField]:
        """A switch for each condition that has one."""
        return [self[key] for key in self._switches]

    @property
    def windows(self) -> list[tuple[str, str]]:
        """The rows of daily windows as they stand, also half-filled ones; at least one row."""
        if self.is_bound and isinstance(self.data, MultiValueDict):
            rows = list(
                zip(self.data.getlist("window_from"), self.data.getlist("window_to"), strict=False)
            )
        else:
            rows = [tuple(row) for row in self.initial.get("windows") or []]
        return rows or [("", "")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        data = self._record_data(cleaned)
        # Fields that disagree are found only once each is valid by itself: invalid ones are left
        # out and the rest is checked again, so that all errors show at once.
        for _round in range(2):
            try:
                self.record = StrategyRecord.model_validate(data)
                break
            except ValidationError as error:
                for pointer, message in explain(error):
                    self._say(pointer, message)
                    data.pop(re.split(r"[.\[]", pointer)[0], None)
                data = {"name": "-", "single_amount_cap": "1.00", **data}
        if self.errors:
            self.record = None
            self._focus()
        return cleaned

    def _focus(self) -> None:
        """Put the focus on the first field with an error."""
        wrong = [self.fields[name] for name in self.fields if name in self.errors]
        if wrong and isinstance(wrong[0].widget, forms.TextInput | forms.Textarea):
            wrong[0].widget.attrs["autofocus"] = True

    def content(self) -> dict[str, Any]:
        """The strategy content typed so far, as far as it can be read."""
        values = self._understood()
        single = _fen(values.get("single_amount_cap", ""))
        daily_text = values.get("daily_cap", "")
        daily = _fen(daily_text) if daily_text else max(DEFAULT_DAILY_CAP, single or 0)
        hits, minutes = (
            whole_number(values.get(f"breaker_{key}", ""), digits=9) for key in ("hits", "minutes")
        )
        amount = _fen(values.get("breaker_amount", ""))
        whole = bool(minutes) and (bool(hits) or bool(amount))
        start, end = (self._iso(values.get(key, "")) for key in ("valid_from", "valid_until"))
        return {
            "scenario": self.scenario,
            "name": values.get("name", ""),
            "valid_from": start,
            "valid_until": end,
            "execution_time": values.get("execution_time") or ExecutionTime.ALL_DAY,
            "windows": [row for row in self.windows if _is_window(row)],
            "paid_time": values.get("paid_time") or PaidTime.OFF_HOURS,
            "order_statuses": values.get("order_statuses") or [],
            "buyer_reasons": values.get("buyer_reasons") or [],
            "single_amount_cap": single,
            "daily_cap": daily,
            "time_limit_hours": whole_number(values.get("time_limit_hours", ""), digits=9),
            **{key: values.get(key, on) for key, on in _SWITCHES.items()},
            "product_condition": values.get("product_condition") or ProductCondition.ALL,
            "products": split_identifiers(values.get("products", "")),
            "categories": split_identifiers(values.get("categories", "")),
            "breaker": {"hits": hits, "amount": amount, "minutes": minutes} if whole else None,
        }

    def _understood(self) -> Mapping[str, Any]:
        if not self.is_bound:
            return {
                key: str(value) if key in _NUMBERS else value for key, value in self.initial.items()
            }
        self.is_valid()
        return self.cleaned_data

    def refuse(self, pointer: str, message: str) -> None:
        """Shows a service's refusal, at its field where there is one."""
        self.add_error(pointer if pointer in self.fields else None, message)

    def _record_data(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """As a file would have it; keys that can't be read are left out and said."""
        data: dict[str, Any] = {"shop": self.shop.code, "scenario": self.scenario}
        for key in ("name", "remark", "refund_reason", "execution_time", "product_condition"):
            data[key] = cleaned.get(key, "")
        if not data["name"]:
            data["name"] = "-"
            self.add_error("name", _("Expected a name."))
        listed = cleaned.get("product_condition") != ProductCondition.ALL
        for key in ("products", "categories"):
            data[key] = split_identifiers(cleaned.get(key, "")) if listed else []
        data["buyer_reasons"] = cleaned.get("buyer_reasons", [])
        data["windows"] = self._windows(cleaned.get("execution_time", ""))
        for key in {*PRE_SHIP_ONLY, *POST_SHIP_ONLY, *SWITCHES}:
            if key in self.fields:
                data[key] = cleaned.get(key)
            elif self.kept is not None:
                data[key] = getattr(self.kept, key)
        for key in ("valid_from", "valid_until"):
            data[key] = self._time(key, cleaned.get(key, ""))
        data["time_limit_hours"] = self._whole(cleaned.get("time_limit_hours", ""))
        data["single_amount_cap"] = self._money("single_amount_cap", cleaned, needed=True)
        if (daily := self._money("daily_cap", cleaned)) is not None:
            data["daily_cap"] = daily
        breaker = {
            "hits": self._whole(cleaned.get("breaker_hits", "")),
            "amount": self._money("breaker_amount", cleaned),
            "minutes": self._whole(cleaned.get("breaker_minutes", "")),
        }
        given = {key: value for key, value in breaker.items() if value is not None}
        data["breaker"] = given or None
        return data

    def _windows(self, execution_time: str) -> list[list[str]]:
        if execution_time != ExecutionTime.WINDOWS:
            return []
        rows = [row for row in self.windows if any(row)]
        if not rows:
            self.add_error("execution_time", _("Expected at least one window."))
        elif not all(_is_window(row) for row in rows):
            self.add_error("execution_time", _("Expected a start and an end in every row."))
        else:
            return [list(row) for row in rows]
        return [["00:00", "24:00"]]  # said already; the rest of the record is still looked at

    def _time(self, key: str, text: str) -> str | None:
        try:
            return self._iso(text)
        except ValueError:
            self.add_error(key, _("Expected a date and a time."))
            return None

    def _iso(self, text: str) -> str | None:
        """A time on the shop's clock, as records have it."""
        if not text:
            return None
        return datetime.fromisoformat(text).replace(tzinfo=self.zone).isoformat()

    def _whole(self, text: str) -> Any:
        """Text that is no number stays as it is: the record says what it expects."""
        number = whole_number(text, digits=9)
        return (text or None) if number is None else number

    def _money(self, key: str, cleaned: Mapping[str, Any], *, needed: bool = False) -> str | None:
        """As records have it. The limits of an amount are the record's (SPEC T4)."""
        try:
            amount = YuanField(least=0, required=needed).clean(cleaned.get(key, ""))
        except forms.ValidationError:
            self.add_error(key, YuanField.default_error_messages["invalid"])
            return "1.00"  # the error is shown; the rest of the record is still checked
        return None if amount is None else plain_yuan(amount)

    def _say(self, pointer: str, message: str) -> None:
        key, _dot, inner = pointer.partition(".")
        name, _bracket, place = key.partition("[")
        message = str(_PLAINER.get(pointer, message))
        if name in ("products", "categories") and place:
            line = int(place.rstrip("]")) + 1
            message = _("Line %(line)d: %(message)s") % {"line": line, "message": message}
        if name == "windows":
            name = "execution_time"
        if name == "breaker":
            name = f"breaker_{inner or 'hits'}"
        if not self.has_error(name):
            self.refuse(name, message[:1].upper() + message[1:])


# Replaces messages written for files, which don't help people who fill in a form.
_PLAINER = {
    "valid_from": gettext_lazy("Expected a date and a time."),
    "valid_until": gettext_lazy("Expected a date and a time."),
    "order_statuses": gettext_lazy("Expected at least one order status."),
    "breaker": gettext_lazy("Expected a number of refunds, an amount, or both."),
    "breaker.minutes": gettext_lazy("Expected 1 to 1,440 minutes."),
}
_SWITCHES = {key: StrategyRecord.model_fields[key].default for key in SWITCHES}
_NUMBERS = {"time_limit_hours", "breaker_hits", "breaker_minutes"}
_DEFAULTS = {
    "order_statuses": [OrderStatus.SHIPPED, OrderStatus.DELIVERED],
    "product_condition": ProductCondition.ALL,
    "execution_time": ExecutionTime.ALL_DAY,
    "paid_time": PaidTime.OFF_HOURS,
    **_SWITCHES,
}


def initial_of(strategy: Strategy, zone: ZoneInfo) -> dict[str, Any]:
    """A strategy as the form's fields have it."""
    content = strategy_content(strategy)
    breaker = content.pop("breaker") or {}
    initial: dict[str, Any] = {key: value for key, value in content.items() if value is not None}
    for key in ("single_amount_cap", "daily_cap"):
        initial[key] = plain_yuan(content[key])
    for key in ("products", "categories"):
        initial[key] = join_identifiers(content[key], between="\n")
    for key in ("valid_from", "valid_until"):
        if at := getattr(strategy, key):
            local = at.astimezone(zone).replace(tzinfo=None)
            initial[key] = local.isoformat(timespec="seconds" if local.second else "minutes")
    # The browser's control knows no 24:00; an end that is not after the start is on the next day.
    initial["windows"] = [
        (start, end.replace("24:00", "00:00")) for start, end in content["windows"]
    ]
    for key, value in breaker.items():
        if value is not None:
            initial[f"breaker_{key}"] = plain_yuan(value) if key == "amount" else value
    return initial


def _fen(text: str) -> int | None:
    try:
        return YuanField(least=0, required=False).clean(text)
    except forms.ValidationError:
        return None


def _is_window(row: tuple[str, ...]) -> bool:
    return all(re.match(TIME_OF_DAY_PATTERN, text) for text in row) and row[0] != "24:00"
