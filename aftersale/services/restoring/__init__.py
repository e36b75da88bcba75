"""What must happen once a backup was brought back, and until work goes on (SPEC G6)."""
