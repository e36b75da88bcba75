"""Access: rights, members, tokens, idempotent calls."""
