"""A TypeScript client generated from the OpenAPI document compiles, and does what
docs/integration.md leads through. `make typescript` installs what makes and compiles it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from aftersale.models import ConnectorKind, Ticket
from config.postgres import BASE_DIR
from tests.factories import make_shop, make_user

from .program import program
from .test_generated_client import ORDER, TICKET

HERE = Path(__file__).parent / "typescript"
PACKAGES = BASE_DIR / "var" / "typescript" / "node_modules"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not PACKAGES.is_dir() or shutil.which("node") is None, reason="make typescript"
    ),
]


def run(*command: object, **environment: str) -> str:
    done = subprocess.run(
        ["node", *map(str, command)],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_the_order_to_the_refunds_result(tmp_path: Path, live_server: object) -> None:
    for name in ("story.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    document, types = tmp_path / "schema.json", tmp_path / "schema.d.ts"
    call_command("spectacular", file=str(document), format="openapi-json")
    made = [document, "-o", types, "--default-non-nullable", "false"]
    run(PACKAGES / "openapi-typescript" / "bin" / "cli.js", *made)
    run(PACKAGES / "typescript" / "bin" / "tsc", "-p", tmp_path)
    shop = make_shop(is_demo=False, connector=ConnectorKind.MANUAL)
    said = run(
        tmp_path / "story.js",
        AFTERDESK_URL=str(live_server),
        AFTERDESK_TOKEN=program(shop, make_user(shop)).token,
        ORDER=json.dumps(ORDER),
        TICKET=json.dumps(TICKET),
    )
    assert said == "refunded\n"
    assert Ticket.objects.get().status == "refunded"
