"""Every call of the API: which scope it takes, what its address names, and a body that is right.

The resolver says which calls there are. A call that has no line in CALLS fails the walk
(test_access.py), and so does a line without a call.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from aftersale.api.call import Call, NoSuchCall
from aftersale.models import BlockedBuyer, Order, Refund, Ticket, WebhookEndpoint
from monitoring.models import Alert
from strategies.models import Decision, Strategy, TrialRun
from tests.admin.scene import Scene
from tests.aftersale.ingest import record_factories

READ, ORDERS, SHIPPING, TICKETS = "read", "orders", "shipping", "tickets"
STRATEGIES, WINDOWS, FUNDS = "strategies", "windows", "funds"

# SPEC P1's table, by the scopes that stand for its rows.
_DESK = {"owner", "admin", "cs_manager", "cs_agent"}
MAY: dict[str, set[str]] = {
    READ: {*_DESK, "viewer"},
    ORDERS: _DESK,
    SHIPPING: _DESK,
    FUNDS: {"owner"},
    TICKETS: _DESK,
    STRATEGIES: {"owner", "admin"},
    WINDOWS: _DESK - {"cs_agent"},
}


@dataclass(frozen=True)
class Line:
    """`takes`: the scope by method. `names`: the model, and its attribute, that stands in the
    address. `sends`: the body of whatever writes. `anybodys`: a name that is nobody's in
    particular, so that a shop may write its own of it. `owners`: its writes are for these alone,
    whatever the scope allows. `also`: a second scope that is enough. `persons`: no token takes
    the step (SPEC P5)."""

    takes: Mapping[str, str]
    names: tuple[type[Model], str] | None = None
    sends: Any = None
    anybodys: bool = False
    owners: bool = False
    also: str = ""
    persons: bool = False
    owners_read: bool = False
    any_scope: bool = False
    # Its answer here is of something that changed nothing, and is not kept.
    unkept: bool = False


def reads(*names: Any) -> Line:
    return Line({"GET": READ}, names or None)


def writes(scope: str, *names: Any, sends: Any = None, **others: str) -> Line:
    """`others`: what other methods take."""
    return Line({"POST": scope, **others}, names or None, sends)


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {key: record[key] for key in record if key not in ("kind", "shop")}


_ORDER, _TICKET = (Order, "order_no"), (Ticket, "ticket_no")
_PARCEL = {"carrier": "4", "tracking_no": "SF1"}
_STRATEGY = {"scenario": "pre_ship_refund", "name": "sent", "single_amount_cap": "20.00"}
_PRIORITIES = {"scenario": "pre_ship_refund", "ids": [1], "version": "1"}
_TRIAL = {"kind": "present", "first": "2026-11-01", "last": "2026-11-02"}
_ENTRY = {"fund": "wallet", "entry_no": "f1", "amount": "1.00", "at": record_factories.at(0)}

CALLS: dict[str, Line] = {
    "desk-api:orders": writes(ORDERS, sends=_plain(record_factories.order()), GET=READ),
    "desk-api:refunds": reads(),
    "desk-api:windows": reads(),
    "desk-api:webhooks": Line(
        {"GET": READ, "POST": READ},
        sends={"url": "http://127.0.0.1:9/", "types": ["refund.sent"]},
        owners=True,
        owners_read=True,
    ),
    "desk-api:webhook": Line(
        {"PATCH": READ, "DELETE": READ},
        (WebhookEndpoint, "pk"),
        {"description": "x"},
        owners=True,
    ),
    "desk-api:order": reads(*_ORDER),
    "desk-api:ship-check": Line({"GET": SHIPPING}, _ORDER, also=READ),
    "desk-api:shipments": writes(SHIPPING, *_ORDER, sends={"shipped_at": record_factories.at(0)}),
    "desk-api:shipping-cancelled": writes(SHIPPING, *_ORDER),
    "desk-api:parcel-intercepted": writes(SHIPPING, *_ORDER),
    "desk-api:delivery-refused": writes(SHIPPING, *_ORDER),
    "desk-api:window": writes(WINDOWS, *_ORDER, sends={"note": "agreed"}, GET=READ),
    "desk-api:tickets": writes(ORDERS, sends=_plain(record_factories.ticket()), GET=READ),
    "automation-api:ticket": reads(*_TICKET),
    "desk-api:approve-tickets": Line(
        {"POST": TICKETS}, sends={"tickets": [{"ticket_no": "mine-ticket"}]}, unkept=True
    ),
    "desk-api:ship-checks": Line(
        {"POST": SHIPPING}, sends={"orders": ["mine-order"]}, also=READ, unkept=True
    ),
    "desk-api:approve": writes(TICKETS, *_TICKET),
    "desk-api:reject": writes(TICKETS, *_TICKET, sends={"reason": "already_shipped"}),
    "desk-api:negotiate": writes(TICKETS, *_TICKET, sends={"message": "hello"}),
    "desk-api:confirm-return": writes(TICKETS, *_TICKET),
    "desk-api:return-parcel": writes(TICKETS, *_TICKET, sends=_PARCEL),
    "desk-api:new-goods": writes(TICKETS, *_TICKET, sends=_PARCEL),
    "desk-api:return-freight": writes(
        TICKETS, *_TICKET, sends={"answer": "pay", "amount": "12.00"}
    ),
    "desk-api:note": writes(TICKETS, *_TICKET, sends={"text": "called her"}),
    "desk-api:return-addresses": reads(),
    "desk-api:retry-refund": writes(TICKETS, *_TICKET),
    "desk-api:confirm-approval": Line({"POST": TICKETS}, _TICKET, persons=True),
    "desk-api:decline-approval": Line({"POST": TICKETS}, _TICKET, persons=True),
    "desk-api:goods-received": writes(SHIPPING, *_TICKET),
    "desk-api:refund-result": writes(
        TICKETS, Refund, "public_number", sends={"status": "succeeded"}
    ),
    "desk-api:reject-reasons": reads(),
    "desk-api:pause": writes(STRATEGIES),
    "desk-api:resume": Line({"POST": STRATEGIES}, persons=True),
    "desk-api:blocked-buyers": reads(),
    "desk-api:blocked-buyer": Line(
        {"GET": READ, "PUT": STRATEGIES, "DELETE": STRATEGIES}, (BlockedBuyer, "buyer"), None, True
    ),
    "desk-api:fund-entries": Line({"GET": READ, "POST": FUNDS}, sends=_ENTRY, owners=True),
    "desk-api:events": reads(),
    "desk-api:token": Line({"GET": READ}, any_scope=True),
    "automation-api:strategies": writes(STRATEGIES, sends=_STRATEGY, GET=READ),
    "automation-api:strategy": Line(
        {"GET": READ, "PATCH": STRATEGIES, "DELETE": STRATEGIES}, (Strategy, "pk"), {"name": "x"}
    ),
    "automation-api:priorities": Line({"GET": READ, "PUT": STRATEGIES}, sends=_PRIORITIES),
    "automation-api:trials": writes(STRATEGIES, sends=_TRIAL),
    "automation-api:trial": reads(TrialRun, "pk"),
    "automation-api:trial-tickets": reads(TrialRun, "pk"),
    "automation-api:trial-cancel": writes(STRATEGIES, TrialRun, "pk"),
    "automation-api:advice": reads(),
    "automation-api:decisions": reads(),
    "automation-api:decision": reads(Decision, "pk"),
    "monitoring-api:alerts": reads(),
    "monitoring-api:acknowledge": writes(TICKETS, Alert, "pk"),
}
# Of everybody: what the API is, not what is in it.
OPEN = {"api-schema", "api-docs"}


class Address(NamedTuple):
    """One method of one address."""

    name: str
    method: str
    line: Line
    # The values for the line's `names`.
    argument: str | None

    @property
    def scope(self) -> str:
        return self.line.takes[self.method]

    @property
    def roles(self) -> set[str]:
        """Roles that may make the call with a token of its scope."""
        if self.line.owners and (self.method != "GET" or self.line.owners_read):
            return {"owner"}
        return MAY[self.scope] | MAY.get(self.line.also, set())

    @property
    def body(self) -> Any:
        return None if self.method in ("GET", "DELETE") else self.line.sends

    def of(self, scene: Scene) -> str:
        """The address with the scene's own row in it, after the API's beginning."""
        arguments = {}
        if self.line.names is not None:
            model, attribute = self.line.names
            arguments[self.argument] = getattr(scene.row(model), attribute)
        return reverse(self.name, kwargs=arguments).removeprefix("/api/v1")


def known() -> dict[str, tuple[set[str], str | None]]:
    """The resolver's addresses: methods and path parameters by name."""
    return dict(_under(get_resolver().url_patterns, "", ""))


def _under(
    patterns: list[Any], path: str, space: str
) -> Iterator[tuple[str, tuple[set[str], str | None]]]:
    for pattern in patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if here.startswith("api/"):
                yield from _under(pattern.url_patterns, here, pattern.namespace or space)
        elif here.startswith("api/"):
            yield from _known(pattern, space)


def _known(pattern: URLPattern, space: str) -> Iterator[tuple[str, tuple[set[str], str | None]]]:
    view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
    if view is NoSuchCall:
        return
    name = f"{space}:{pattern.name}" if space else str(pattern.name)
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    written = {method for method in methods if hasattr(view, method.lower())}
    if not issubclass(view, Call):
        written = set()
    yield name, (written, next(iter(pattern.pattern.converters), None))


def addresses() -> list[Address]:
    """Every call that there is, with its line."""
    return [
        Address(name, method, CALLS[name], argument)
        for name, (methods, argument) in known().items()
        if name in CALLS
        for method in sorted(methods)
        if method in CALLS[name].takes
    ]
