"""The settings of a shop: a page of its own for each section (SPEC T7, F1, G1, W4, O5, P1)."""
