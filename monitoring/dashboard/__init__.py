"""The first page: how each shop does, in a period and beside the one before (SPEC M2)."""
