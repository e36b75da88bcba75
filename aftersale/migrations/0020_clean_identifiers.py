"""Reads the identifiers of existing rows as SPEC O9 reads new ones.

Where a cleaned identifier is taken, both rows stay: the one that was dirty gets a visible suffix,
"G3 (2)", and the console says so, with the row's key. Tickets that waited for an order under a dirty
number find it.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations

from aftersale.domain.identifiers import clean_identifier, show_invisible

LONGEST = 64
# Identifiers that are unique within the columns after them.
UNIQUE = [
    ("Shop", "code", ()),
    ("Order", "order_no", ("shop_id",)),
    ("Ticket", "ticket_no", ("shop_id",)),
    ("BlockedBuyer", "buyer", ("shop_id",)),
    ("FundEntry", "entry_no", ("fund_id",)),
    ("PlatformProblem", "number", ("account_id", "subject")),
    ("Shipment", "carrier", ("order_id", "tracking_no", "lines", "cancelled_at")),
    ("Shipment", "tracking_no", ("order_id", "carrier", "lines", "cancelled_at")),
]
PLAIN = [
    ("Order", "buyer"),
    ("OrderLine", "product"),
    ("OrderLine", "category"),
    ("CommissionSplit", "account"),
    ("Ticket", "order_no"),
    ("Ticket", "buyer"),
    ("Ticket", "reason"),
    ("Ticket", "return_carrier"),
    ("Ticket", "return_tracking_no"),
    ("PlatformMessage", "number"),
]
LISTS = [
    ("Ticket", "products"),
    ("Ticket", "categories"),
    ("Shop", "commission_categories"),
]
BATCH = 2_000
# Everything else is clean as it is: letters, digits and signs of ASCII, with blanks between them.
MAYBE_DIRTY = "^[!-~]+( +[!-~]+)*$"


def dirty(model: Any, field: str) -> Iterator[Any]:
    rows = model.objects.exclude(**{field: ""}).exclude(**{f"{field}__regex": MAYBE_DIRTY})
    for row in rows.order_by("pk").iterator(BATCH):
        if clean_identifier(getattr(row, field)) != getattr(row, field):
            yield row


def free_name(model: Any, row: Any, field: str, within: tuple[str, ...], longest: int) -> str:
    """The cleaned identifier, with a suffix where another row has it."""
    others = model.objects.exclude(pk=row.pk).filter(
        **{
            f"{name}__isnull" if getattr(row, name) is None else name: (
                True if getattr(row, name) is None else getattr(row, name)
            )
            for name in within
        }
    )
    wanted = clean_identifier(getattr(row, field))
    if not wanted and model._meta.model_name != "shipment":
        # Nothing but blanks or invisible characters: the row's key instead.
        wanted = f"({row.pk})"
    name, number = wanted, 1
    while others.filter(**{field: name}).exists():
        number += 1
        suffix = f" ({number})"
        name = wanted[: longest - len(suffix)] + suffix
    return name


def clean_unique(model: Any, field: str, within: tuple[str, ...], longest: int = LONGEST) -> None:
    for row in list(dirty(model, field)):
        before = getattr(row, field)
        name = free_name(model, row, field, within, longest)
        setattr(row, field, name)
        row.save(update_fields=[field])
        if name != clean_identifier(before):
            print(
                f"  {model._meta.db_table} {row.pk}: {field} “{show_invisible(before)}” is"
                f" “{name}” now; another row has “{show_invisible(clean_identifier(before))}”"
            )


def clean_plain(model: Any, field: str) -> None:
    batch = []
    for row in dirty(model, field):
        setattr(row, field, clean_identifier(getattr(row, field)))
        batch.append(row)
        if len(batch) == BATCH:
            model.objects.bulk_update(batch, [field])
            batch = []
    model.objects.bulk_update(batch, [field])


def clean_lists(model: Any, field: str) -> None:
    """Entries keep their places: products and categories of a ticket stand side by side."""
    batch = []
    for row in model.objects.exclude(**{field: []}).only("pk", field).iterator(BATCH):
        cleaned = [clean_identifier(entry) for entry in getattr(row, field)]
        if cleaned != getattr(row, field):
            setattr(row, field, cleaned)
            batch.append(row)
    model.objects.bulk_update(batch, [field], batch_size=BATCH)


# The automation looks at a ticket only where nothing keeps hands off it.
LINK = """
UPDATE aftersale_ticket t
   SET order_id = o.id, buyer = o.buyer,
       products = g.products, categories = g.categories,
       flags = CASE WHEN g.products = '{}' AND t.line_no IS NOT NULL
                    THEN array_append(t.flags, 'line_missing') ELSE t.flags END,
       awaiting_evaluation = t.status = 'pending_review'
           AND NOT (g.products = '{}' AND t.line_no IS NOT NULL)
           AND NOT t.flags && ARRAY['differs', 'line_missing', 'before_connection',
                                    'platform_pays', 'platform_refused']::varchar[]
  FROM aftersale_order o
 CROSS JOIN LATERAL (
   SELECT COALESCE(array_agg(l.product ORDER BY l.product, l.category), '{}') AS products,
          COALESCE(array_agg(l.category ORDER BY l.product, l.category), '{}') AS categories
     FROM (SELECT DISTINCT product, category FROM aftersale_orderline
            WHERE order_id = o.id AND (%s::int IS NULL OR line_no = %s)) l) g
 WHERE t.id = %s AND o.id = %s
"""


def clean_rows(apps: Any, editor: Any) -> None:
    model = apps.get_model
    waiting = [row.pk for row in dirty(model("aftersale", "Ticket"), "order_no") if not row.order_id]
    for name, field, within in UNIQUE:
        clean_unique(model("aftersale", name), field, within)
    for name, field in PLAIN:
        clean_plain(model("aftersale", name), field)
    for name, field in LISTS:
        clean_lists(model("aftersale", name), field)
    follow_orders(model("aftersale", "Ticket"))
    find_orders(model("aftersale", "Ticket"), model("aftersale", "Order"), waiting, editor)


def follow_orders(tickets: Any) -> None:
    """A ticket names its order as the order is named now."""
    for ticket in tickets.objects.filter(order__order_no__endswith=")").select_related("order"):
        if ticket.order_no != ticket.order.order_no:
            ticket.order_no = ticket.order.order_no
            ticket.save(update_fields=["order_no"])


def find_orders(tickets: Any, orders: Any, waiting: list[int], editor: Any) -> None:
    """Tickets whose money the platform has settled wait for the order's next version: ingestion
    writes the money down."""
    open_ones = tickets.objects.filter(status__in=["pending_review", "negotiating", "rejected"])
    for ticket in open_ones.filter(pk__in=waiting, order=None):
        order = orders.objects.filter(shop=ticket.shop_id, order_no=ticket.order_no).first()
        if order is not None:
            with editor.connection.cursor() as cursor:
                cursor.execute(LINK, (ticket.line_no, ticket.line_no, ticket.pk, order.pk))


class Migration(migrations.Migration):

    dependencies = [("aftersale", "0019_line_money")]

    operations = [migrations.RunPython(clean_rows, migrations.RunPython.noop)]
