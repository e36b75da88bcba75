"""Webhooks out: endpoints, the outbox's delivery, and its log (docs/webhooks.md, docs/adr/0007)."""
