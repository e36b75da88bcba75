"""Holding shops once a backup was brought back, and letting them go on (SPEC G6)."""
