"""Tables that people keep as sheets: strategies, their products, reject texts, block lists.

A sheet is written row by row through the services of its subject, so that the same rules, rights
and events hold as on the pages. Its preview is the same writing, rolled back: what is shown is
what would happen. `kinds` has the kinds; other apps add theirs.
"""
