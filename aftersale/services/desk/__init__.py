"""The steps of customer service, and what its screens ask."""
