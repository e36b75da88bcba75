"""Write the packages that pyproject.toml asks for into a file for pip, and print the file's name.

`python config/requirements.py [dev]`. Standard library only: it runs before anything is installed.
Installing the project itself instead would leave build folders in the checkout.
"""

import sys
import tomllib
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
wanted = list(project["dependencies"])
for extra in sys.argv[1:]:
    wanted += project["optional-dependencies"][extra]
file = BASE_DIR / ".venv" / "requirements.txt"
file.write_text("\n".join(wanted) + "\n", encoding="utf-8")
print(file)
