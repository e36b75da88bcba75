"""The search of decisions: what it adds to the list, and its export (SPEC M1)."""
