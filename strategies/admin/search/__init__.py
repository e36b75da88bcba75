"""The search of decisions: filters and columns of the list, and its export (SPEC M1)."""
