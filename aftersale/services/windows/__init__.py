"""After-sale windows and their funds (SPEC section 10)."""
