"""Settings of the tests: those of development, whatever the environment says, and quick passwords.

DATABASE_URL is taken from the environment if set: then the tests use that PostgreSQL.
"""

import os
import tempfile

os.environ["DEBUG"] = "True"

from config.settings import *  # noqa: E402, F403
from tests import clock  # noqa: E402

if EMBEDDED_POSTGRES:  # noqa: F405
    DATABASES["default"].update(settings_of(clock.embedded_server().url()))  # noqa: F405

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Tests that are about Chinese ask for it.
LANGUAGE_CODE = "en"

# A test's rows need not outlive a power cut, so no commit waits for the disk.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"  # noqa: F405

# A folder of the run's own, removed at its end.
_media = tempfile.TemporaryDirectory(prefix="afterdesk-media-")
STORAGES["default"]["OPTIONS"]["location"] = _media.name  # noqa: F405
_past = tempfile.TemporaryDirectory(prefix="afterdesk-past-")
PAST_ROOT = _past.name
_archive = tempfile.TemporaryDirectory(prefix="afterdesk-archive-")
ARCHIVE_ROOT = _archive.name
