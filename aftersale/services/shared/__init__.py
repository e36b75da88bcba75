"""Locks, errors, outcomes and SQL pieces for all services."""
