"""Known vulnerabilities of the pinned packages (constraints*.txt).

With ADVISORIES, a folder that holds a checkout of pypa/advisory-database, it judges by that and
needs no network; else pip-audit asks PyPI. Exit 1 where there is a vulnerability. Where nothing is
known, that is said and is no failure, since a checkout must pass its tests anywhere: a package that
the service doesn't know is named, and never counted as sound.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.M)


def main() -> int:
    files = sorted(Path().glob("constraints*.txt"))
    folder = os.environ.get("ADVISORIES")
    return _by_folder(Path(folder), files) if folder else _by_service(files)


def _by_folder(folder: Path, files: list[Path]) -> int:
    advisories = folder / "vulns"
    if not advisories.is_dir():
        _say(f"Not audited: {advisories} is no folder; ADVISORIES is a pypa/advisory-database.")
        return 2
    pins = {
        (canonicalize_name(name), version)
        for file in files
        for name, version in PIN.findall(file.read_text(encoding="utf-8"))
    }
    newest, found = "", 0
    for name, version in sorted(pins):
        for advisory in _advisories(advisories / name):
            newest = max(newest, str(advisory["modified"]))
            if mended := _mended_in(advisory, name, Version(version)):
                _say(f"{name} {version}: {advisory['id']}, mended in {', '.join(mended)}")
                found += 1
    _say(f"{len(pins)} packages audited; the newest advisory on one of them is of {newest[:10]}.")
    return 1 if found else 0


def _advisories(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.yaml")):
        advisory = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not advisory.get("withdrawn"):
            yield advisory


def _mended_in(advisory: dict[str, Any], name: str, version: Version) -> list[str]:
    """Empty for a version that the advisory is not about (the OSV format's rules)."""
    mended: list[str] = []
    for affected in advisory["affected"]:
        if canonicalize_name(affected["package"]["name"]) != name:
            continue
        ranges = [each for each in affected.get("ranges", ()) if each["type"] == "ECOSYSTEM"]
        named = str(version) in map(str, affected.get("versions", ()))
        if named or any(_within(each["events"], version) for each in ranges):
            fixed = [
                str(one["fixed"]) for each in ranges for one in each["events"] if "fixed" in one
            ]
            later = sorted(Version(one) for one in fixed if Version(one) > version)
            mended += map(str, later) if later else ["no version"]
    return mended


def _within(events: list[dict[str, Any]], version: Version) -> bool:
    """The last event at or before the version says."""
    inside = False
    for event in sorted(events, key=_moment):
        [(what, at)] = event.items()
        if what == "introduced" and (str(at) == "0" or Version(str(at)) <= version):
            inside = True
        elif (what == "fixed" and Version(str(at)) <= version) or (
            what == "last_affected" and Version(str(at)) < version
        ):
            inside = False
    return inside


def _moment(event: dict[str, Any]) -> Version:
    return Version(str(next(iter(event.values()))))


def _by_service(files: list[Path]) -> int:
    command = [sys.executable, "-m", "pip_audit"]
    for file in files:
        command += ["--requirement", str(file)]
    command += ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    found = [(package, vuln) for package in packages for vuln in package.get("vulns", ())]
    for package, vuln in found:
        mended = ", ".join(vuln["fix_versions"]) or "no version"
        _say(f"{package['name']} {package['version']}: {vuln['id']}, mended in {mended}")
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        _say("Not audited: PyPI can't be reached, or knows nothing of these versions. Try again")
        _say("elsewhere, or with ADVISORIES=folder of a checkout of pypa/advisory-database.")
        return 0
    _say(f"{len(packages) - len(unknown)} packages audited.")
    if unknown:
        _say(f"NOT audited, unknown to PyPI: {', '.join(unknown)}")
    return 1 if found else 0


def _say(text: str) -> None:
    print(text)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
