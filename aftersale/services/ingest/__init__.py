"""Records come in: from files by the command `ingest`, from the API (SPEC O5 to O7)."""

from .ahead import lock_for_orders, lock_for_tickets
from .kinds import Save, register, registered, unregister
from .orders import save_orders
from .passes import Counts, Pass
from .tickets import save_tickets

__all__ = [
    "Counts",
    "Pass",
    "Save",
    "lock_for_orders",
    "lock_for_tickets",
    "register",
    "registered",
    "save_orders",
    "save_tickets",
    "unregister",
]
