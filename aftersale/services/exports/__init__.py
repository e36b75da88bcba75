"""Files that a platform's back office exported: orders and after-sale requests (SPEC O11).

`reading` turns bytes into records without a database; the modules here keep, plan and write them.
"""
