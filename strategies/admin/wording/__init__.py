"""Strategies and revisions as sentences."""
