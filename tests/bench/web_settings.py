"""Settings of the web server that `pages` measures: as a trial's, on the bench's database, with a
bare page beside the others."""

import os

os.environ["DEBUG"] = "True"

from config.settings import *  # noqa: E402, F403

DEBUG = False
ROOT_URLCONF = "tests.bench.web_urls"
