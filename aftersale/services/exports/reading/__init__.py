"""From bytes to records, without a database: container, head, cells, layout, record.

`layouts` has a module a platform: what its files are called, say and mean. A new spelling of a
head or word is one line there and a test.
"""
