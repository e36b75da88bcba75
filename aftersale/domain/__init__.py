"""Plain rules and texts: no database, no request."""
