"""Reports of platforms come in: read in rounds, and fetched when a message says so (SPEC O6).

A platform is called outside of any transaction. Rows say what is due (PlatformAccount,
PlatformMessage); tasks only wake up.
"""
