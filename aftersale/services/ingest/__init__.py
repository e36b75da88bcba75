"""Records come in: from files by the command `ingest`, from the API (SPEC O5 to O7)."""

from .kinds import Save, register, registered, unregister
from .orders import save_orders
from .passes import Counts, Pass
from .tickets import save_tickets

__all__ = [
    "Counts",
    "Pass",
    "Save",
    "register",
    "registered",
    "save_orders",
    "save_tickets",
    "unregister",
]
