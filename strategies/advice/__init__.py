"""The search for strategies in a shop's past, on plain arrays (SPEC M6).

Neither Django nor a database: numpy and the engine's words. What it finds is only proposed; the
figures that people see are those of the engine's replay (strategies/services/advice).
"""
