"""A ticket's lifecycle, its negotiation, and cases as people see them."""
