"""Webhooks out: outbox, delivery, endpoints, log."""
