"""The monitoring's part of the REST API, on what aftersale.api shares."""
