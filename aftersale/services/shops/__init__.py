"""Shops, their settings and their blocked buyers."""
