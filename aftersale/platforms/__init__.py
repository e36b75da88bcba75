"""One folder a platform, behind protocol.py (tickets) and payments.py (money)."""
