"""The outbox to platforms and webhooks, written with the change that causes it."""
