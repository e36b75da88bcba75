"""Personal data (SPEC P7)."""
