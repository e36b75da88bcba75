"""The records of files, API and webhooks (INTERFACES, Records)."""
