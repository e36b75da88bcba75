"""The command that brings a back office's files (INTERFACES import_sheet)."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from aftersale.models import Shop
from tests.factories import make_shop


class Bringing:
    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop, self.folder = shop, folder

    def __call__(self, *named: tuple[str, bytes], **options: Any) -> tuple[int, str, str]:
        """Status, output and errors of the command."""
        paths = []
        for name, content in named:
            path = self.folder / name
            path.write_bytes(content)
            paths.append(str(path))
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(
                "import_sheet", *paths, shop=self.shop.code, stdout=out, stderr=err, **options
            )
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def bring(tmp_path, request):
    platform = getattr(request, "param", "other")
    return Bringing(make_shop(platform=platform), tmp_path)
