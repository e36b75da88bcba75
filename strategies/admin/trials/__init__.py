"""Trial runs on screen: asked for where the decision is made, watched, read (SPEC M3)."""
