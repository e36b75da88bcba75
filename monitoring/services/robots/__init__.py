"""Group robots: their settings, their messages and sending these (SPEC M4, docs/adr/0013)."""
