"""Parts that the admin's pages share: access, columns, lists, dialogs, notices."""
