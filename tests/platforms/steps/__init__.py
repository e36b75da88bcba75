"""What is decided here on its way to a platform, and what comes of it."""
