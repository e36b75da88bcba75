"""Sheets that people edit: CSV and XLSX, written and read. No text in them is ever a formula."""
