"""Conditions in words, for pages and for warnings."""
