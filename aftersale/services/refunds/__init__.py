"""Refunds from approval to their result, and the audit of all money."""
