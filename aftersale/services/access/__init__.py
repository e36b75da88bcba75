"""Who may do what: rights, members, tokens, idempotent calls."""
