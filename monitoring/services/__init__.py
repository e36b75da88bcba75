"""What monitoring does with its rows: services, one subject a file."""
