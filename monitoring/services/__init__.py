"""Services of monitoring, one subject a file."""
