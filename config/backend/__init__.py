"""Django's backend for PostgreSQL, with one difference: see `base.py`."""
