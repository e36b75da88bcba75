"""The dashboard (SPEC M2)."""
