"""Known vulnerabilities of the pinned packages (constraints*.txt), as pip-audit finds them.

Exit 1 where there is one. Without the network nothing is known, which is said and is no failure: a
checkout must pass its tests anywhere.
"""

import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    command = [sys.executable, "-m", "pip_audit"]
    for file in sorted(Path().glob("constraints*.txt")):
        command += ["--requirement", str(file)]
    command += ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print("Not audited: the service of known vulnerabilities can't be reached.")  # noqa: T201
        return 0
    found = [(package, vuln) for package in packages for vuln in package.get("vulns", ())]
    for package, vuln in found:
        mended = ", ".join(vuln["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {vuln['id']}, mended in {mended}")  # noqa: T201
    unknown = sum("skip_reason" in package for package in packages)
    print(f"{len(packages) - unknown} packages audited, {unknown} unknown to the service.")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
