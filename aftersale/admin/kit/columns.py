"""Values as people read them: yuan, times on the shop's clock, labels of choices, links for keys.

Both the columns of a list and the fields of a page come from here, so that no list shows raw fen
or a time of another zone.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftersale.domain.labels import PLATFORMS, REASONS
from aftersale.domain.money import format_yuan
from aftersale.domain.punctuation import COMMA
from aftersale.models import OrderLabel, OrderStatus, Shop, Ticket, TicketFlag
from aftersale.models.money import FenField
from aftersale.services.access import masks
from aftersale.services.privacy.places import places
from aftersale.services.shared.shown import EMPTY, format_time, person_name, who

# Unfold's own classes of its labels: others are not in its style sheet.
_COLOURS = {
    "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "primary": "bg-primary-100 text-primary-700 dark:bg-primary-500/20 dark:text-primary-400",
    "": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}
# Arrays of words that have labels.
_WORDS: dict[str, type[models.TextChoices]] = {
    "labels": OrderLabel,
    "ticket_labels": OrderLabel,
    "flags": TicketFlag,
    "order_statuses": OrderStatus,
}
_PLATFORM_WORDS = {"reason": REASONS, "platform": PLATFORMS}


def money(fen: int | None) -> SafeString | str:
    """An amount in fen, as it stands in a column of amounts."""
    return EMPTY if fen is None else format_html('<span class="money">{}</span>', format_yuan(fen))


def name(user: User | None) -> str:
    """The user's name for colleagues; a user may have been deleted."""
    return EMPTY if user is None else person_name(user)


def unbroken(text: object) -> SafeString:
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def yes_no(value: bool) -> SafeString | str:
    """The plain words yes and no: a green tick and a red cross would judge."""
    return badge(_("Yes"), "primary") if value else str(_("No"))


def badge(text: object, colour: str = "") -> SafeString:
    return format_html(
        '<span class="inline-block font-semibold rounded-default text-[11px] whitespace-nowrap '
        'h-6 leading-6 px-2 {}">{}</span>',
        _COLOURS[colour],
        text,
    )


def badges(texts: Iterable[object], colour: str = "") -> SafeString | str:
    return format_html_join(" ", "{}", ((badge(text, colour),) for text in texts)) or EMPTY


def link(target: models.Model | None, text: object = None) -> SafeString | str:
    """A link to the page of a row, where it has one."""
    if target is None:
        return EMPTY
    options = target._meta
    shown = str(target) if text is None else text
    return link_to(f"{options.app_label}_{options.model_name}", target.pk, shown)


def link_to(page: str, pk: object, text: object) -> SafeString | str:
    """A link to the page of the row with that key; `page` is "app_model"."""
    try:
        url = reverse(f"admin:{page}_change", args=[pk])
    except NoReverseMatch:
        return str(text)
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


def follow(obj: Any, path: str) -> Any:
    """The value at the end of `a__b`; None where a link of the path is missing."""
    for step in path.split("__"):
        if obj is None:
            return None
        obj = getattr(obj, step)
    return obj


def shop_of(obj: models.Model, path: str) -> Shop | None:
    if path == "pk":
        return obj if isinstance(obj, Shop) else None
    return follow(obj, path) if path else None


def column(
    field: models.Field, *, shop_path: str, colours: dict[str, str] | None
) -> Callable[[Any], Any]:
    """A function that shows the field of an object, as both lists and pages call it."""
    key = field.name
    show: Callable[[Any], Any]
    if colours is not None and field.choices:
        labels = dict(field.flatchoices)

        def show(obj: Any) -> Any:
            value = getattr(obj, key)
            if value in (None, ""):
                return EMPTY
            return badge(labels.get(value, value), colours.get(value, ""))

    elif isinstance(field, models.ForeignKey):

        def show(obj: Any) -> Any:
            target = getattr(obj, key)
            # A user's page is for operators: members see the name.
            return who(obj, key) if isinstance(target, User) else link(target)

    elif isinstance(field, models.DateTimeField):

        def show(obj: Any) -> Any:
            return unbroken(format_time(getattr(obj, key), shop_of(obj, shop_path)))

    elif isinstance(field, models.BooleanField):

        def show(obj: Any) -> Any:
            return yes_no(getattr(obj, key))

    elif isinstance(field, FenField):

        def show(obj: Any) -> Any:
            return money(getattr(obj, key))

    elif key == "buyer":

        def show(obj: Any) -> Any:
            shop = shop_of(obj, shop_path)
            return masks.shown_buyer(getattr(obj, key), shop.pk if shop else None) or EMPTY

    elif key in _free_texts(field.model):

        def show(obj: Any) -> Any:
            shop, text = shop_of(obj, shop_path), getattr(obj, key)
            # Where a platform's word may stand, people's may, too.
            text = _PLATFORM_WORDS.get(key, {}).get(text, text)
            return masks.shown_text_of(obj, text, shop.pk if shop else None) or EMPTY

    elif key in _PLATFORM_WORDS:

        def show(obj: Any) -> Any:
            return word(_PLATFORM_WORDS[key], getattr(obj, key))

    elif isinstance(field, ArrayField):

        def show(obj: Any) -> Any:
            return _words(key, getattr(obj, key) or [])

    else:
        return _plain(field)
    return _described(show, field)


def _free_texts(model: type[models.Model]) -> set[str]:
    """Columns of words in which a buyer's data may stand."""
    names = {name for place in places() if place.model is model for name in place.texts}
    words = (models.CharField, models.TextField)
    return {name for name in names if isinstance(model._meta.get_field(name), words)}


def word(words: dict[str, Any], value: str) -> Any:
    """A platform's word with its label, if it is a known one."""
    return words.get(value, value) or EMPTY


def buyers_reason(ticket: Ticket) -> Any:
    """In a sentence, where a dash would say nothing."""
    return word(REASONS, ticket.reason) if ticket.reason else _("No reason given")


def _words(name: str, values: list[str] | None) -> SafeString | str:
    if values is None:  # an old decision did not keep this fact
        return EMPTY
    if name == "buyer_reasons":
        return str(COMMA).join(str(word(REASONS, value)) for value in values) or EMPTY
    choices = _WORDS.get(name)
    if choices is None:
        return str(COMMA).join(values) or EMPTY
    labels = dict(choices.choices)
    colour = "warning" if name == "flags" else ""
    return badges([labels.get(value, value) for value in values], colour)


def _plain(field: models.Field) -> Callable[[Any], Any]:
    name = field.name
    labels = dict(field.flatchoices) if field.choices else None

    def show(obj: Any) -> Any:
        value = getattr(obj, name)
        if labels is not None:
            value = labels.get(value, value)
        return EMPTY if value in (None, "", {}, []) else value

    return _described(show, field)


def _described(show: Callable[[Any], Any], field: models.Field) -> Callable[[Any], Any]:
    show.__name__ = field.name
    show.short_description = field.verbose_name  # type: ignore[attr-defined]
    show.admin_order_field = field.name  # type: ignore[attr-defined]
    return show
