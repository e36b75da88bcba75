"""`manage.py disable`: switches a strategy off as a person would (INTERFACES, disable)."""

from .enable import Command as Enable


class Command(Enable):
    help = "Switches a strategy off."
    switches_on = False
