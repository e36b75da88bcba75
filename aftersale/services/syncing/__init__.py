"""Reading from platforms: in rounds, and single records when a message names them (SPEC O6).

A platform is called outside of any transaction. Rows say what is due (PlatformAccount,
PlatformMessage); tasks only wake up.
"""
