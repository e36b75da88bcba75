"""Base of the REST API's calls; each call's view is in a module of its subject.

A view (`call.Call`) reads its input as a pydantic record, calls one service and answers with
another record. `call` holds what all calls share: token, rights, rate limit, Idempotency-Key.
"""
