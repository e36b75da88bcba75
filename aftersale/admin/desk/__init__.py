"""The desk's pages beside the workbench: replies, batches, windows, ledgers, sheets."""
