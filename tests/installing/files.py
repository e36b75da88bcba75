"""What the files for an installation say: Dockerfile, compose.yaml, systemd units, the page."""

import json
import re
import shlex
from typing import Any

import yaml

from config.postgres import BASE_DIR

UNITS = BASE_DIR / "deploy" / "systemd"
CADDYFILE = BASE_DIR / "deploy" / "caddy" / "Caddyfile"
COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PAGE = (BASE_DIR / "docs" / "installing.md").read_text()


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, in order, as (word, rest)."""
    lines = (BASE_DIR / "Dockerfile").read_text().splitlines()
    found = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(word, rest) for word, _space, rest in found]


def image_command(word: str) -> list[str]:
    """CMD's, or HEALTHCHECK's, as a list."""
    [rest] = [rest for name, rest in instructions() if name == word]
    return json.loads(rest[rest.index("[") :])


def units() -> dict[str, dict[str, list[str]]]:
    """By file the settings of its sections; a setting may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(UNITS.rglob("*.*")):
        if path.is_file():
            settings = found.setdefault(path.name, {})
            for name, value in re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE):
                settings.setdefault(name, []).append(value)
    return found


def started_by(unit: str) -> list[str]:
    """ExecStart as a list, from the folder; variables of the unit filled in."""
    settings = units()[unit]
    [line] = settings["ExecStart"]
    variables = dict(
        shlex.split(value)[0].split("=", 1) for value in settings.get("Environment", [])
    )
    line = re.sub(r"\$([A-Z]+)", lambda found: variables[found[1]], line)
    return [word.replace("/srv/afterdesk/%i/", "").replace("%%", "%") for word in shlex.split(line)]


def on_the_page() -> list[str]:
    """Every command of docs/installing.md, a line each."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"<<END\n.*?^END$", "", block, flags=re.M | re.S) for block in blocks]
    return [line.strip() for block in lines for line in block.splitlines() if line.strip()]
