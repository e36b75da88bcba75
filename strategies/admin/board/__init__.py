"""The board of priorities, and what a check of the rulebook finds."""
