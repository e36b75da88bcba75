"""Strategies out of a file (INTERFACES.md ingest; SPEC O7).

A file never switches a strategy on: one that is new or changed is stored not enabled.
"""
