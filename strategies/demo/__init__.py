"""Sample data for a first look: three demo shops of one merchant, made up from a fixed seed.

The same moment gives the same records on every machine. They are written by the services that
real data comes in by (`seed`), and refused in production by the command `seed_demo`.
"""
