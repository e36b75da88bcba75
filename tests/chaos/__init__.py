"""Trials by hand of what machines do at night; each ends with an audit by its own SQL."""
