"""What is to be told to platforms and webhooks, written with the change that causes it."""
