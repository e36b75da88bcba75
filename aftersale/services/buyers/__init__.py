"""Erased buyers at the door, where their numbers come in again (SPEC P7)."""
