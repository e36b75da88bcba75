"""Base of the REST API's calls; each call's view is in a module of its subject.

A view (`call.Call`) reads its input as a pydantic record, calls one service and answers with
another record. Who calls, with what right, how often, and twice with one key: all in `call`.
"""
