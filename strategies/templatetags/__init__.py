"""What templates show values with."""
