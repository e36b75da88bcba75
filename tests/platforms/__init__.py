"""Platforms: connectors, and what is sent through them."""
