"""Pin every package of pyproject.toml with the hashes of its files: `make constraints`.

constraints.txt is what `make run` installs; constraints-NAME.txt what the extra NAME adds to it,
the packages of constraints.txt included. Versions stay as they are while pyproject.toml allows
them; `make constraints UPGRADE=yes` takes the newest. One version serves all Pythons and machines,
and is there as a wheel for each: nothing is built, so no package's own code runs while it is
installed.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / "var" / "uv"
COMPILE = [
    *(VENV / "bin" / "uv", "pip", "compile", "pyproject.toml", "--quiet"),
    *("--universal", "--fork-strategy", "fewest", "--python-version", "3.11"),
    *("--only-binary", ":all:", "--generate-hashes", "--no-annotate"),
    *("--custom-compile-command", "make constraints"),
]
# Both kinds of machines that run it; a package that has no wheel for one of them ends the command.
MACHINES = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")


def main() -> None:
    upgrade = sys.argv[1:] == ["--upgrade"]
    _install_uv()
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = list(project["optional-dependencies"])
    # All of them together first, so that the files name the same versions.
    together = VENV / "together.txt"
    pins = {} if upgrade else _pins()
    together.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
    _run([*COMPILE, *_extras(extras), "-o", together])
    for name, wanted in [("constraints.txt", [])] + [(f"constraints-{e}.txt", [e]) for e in extras]:
        (BASE_DIR / name).unlink(missing_ok=True)
        _run([*COMPILE, *_extras(wanted), "--constraint", together, "-o", name])
        for machine in MACHINES:
            check = [COMPILE[0], "pip", "compile", name, "--quiet", "--no-deps", "-o", "/dev/null"]
            check += ["--python-platform", machine, "--python-version", "3.11"]
            _run([*check, "--only-binary", ":all:"])
        print(f"written: {name}")  # noqa: T201


def _install_uv() -> None:
    _run([sys.executable, "-m", "venv", VENV])
    pinned = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", ".ci/uv.txt"]
    _run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", *pinned])


def _pins() -> dict[str, str]:
    """Versions that are pinned now, of all files."""
    files = sorted(BASE_DIR.glob("constraints*.txt"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.M))


def _extras(names: list[str]) -> list[str]:
    return [f"--extra={name}" for name in names]


def _run(command: list[object]) -> None:
    done = subprocess.run([str(part) for part in command], cwd=BASE_DIR, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
