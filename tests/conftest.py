"""What all tests share: the database and the translations."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from config import translations
from config.postgres import Server


def pytest_configure() -> None:
    translations.compile_all()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Start the embedded server before the test database is made, and leave it as it was found."""
    if not settings.EMBEDDED_POSTGRES:
        yield
        return
    server = Server()
    began = server.start()
    yield
    if began:
        server.stop()
