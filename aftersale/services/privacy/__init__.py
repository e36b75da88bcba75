"""A buyer's data given out and erased, and what is erased by age (SPEC P7)."""
