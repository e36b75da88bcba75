"""Measurements behind docs/benchmarks.md (`make bench`). Each is a ratio taken in one run."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
