"""Buyers' data in monitoring's tables (SPEC P7)."""

from aftersale.services.privacy.places import Place
from monitoring.models import Alert, WeeklyNote

# Facts of alerts and notes are names, reasons and figures; a number of a buyer is in none of them
# but by accident.
PLACES = [Place(Alert, "shop", texts=["facts"]), Place(WeeklyNote, "shop", texts=["facts"])]
