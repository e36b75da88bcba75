"""An order's money and shipping."""
