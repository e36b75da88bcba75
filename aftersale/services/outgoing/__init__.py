"""Calls to platforms: refunds and steps, each leased, sent and settled."""
