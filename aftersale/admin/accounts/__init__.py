"""Accounts of people: log-in, second factor, sessions, confirmation, invitations (SPEC P1, P5)."""
