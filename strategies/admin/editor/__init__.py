"""Adding and changing strategies: the picker, the form, the dialogs of a strategy."""
