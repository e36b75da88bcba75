"""A queue cluster on the bench's database: python -m tests.bench.cluster DATABASE."""

import sys

from django.core.management import call_command
from django.db import connection

if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    call_command("qcluster")
