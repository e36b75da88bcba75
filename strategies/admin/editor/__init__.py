"""Adding and changing strategies: what can be added, the form, the dialogs of a strategy."""
