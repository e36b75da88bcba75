"""A queue cluster on the bench's database: python -m tests.bench.cluster DATABASE."""

import sys

from django.db import connection

if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    from config import cluster

    cluster.run("decide")
