"""Shipments, ship checks, and parcels to intercept (SPEC section 7)."""
