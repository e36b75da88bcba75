"""Decisions on their way to a platform, and their outcomes."""
