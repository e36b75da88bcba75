"""`python -m config.ready`: asks the web server on this machine whether all is well.

For health checks of containers. Exit 0 where `/readyz` answers so; else 1, with one sentence. It
asks under the first name of ALLOWED_HOSTS, since the server answers no other.
"""

import http.client
import json
import os
import sys

SECONDS = 8


def name_of(allowed: str) -> str:
    """A name under which the server answers; ".example.com" allows all below it."""
    first = allowed.split(",")[0].strip()
    if first in ("", "*"):
        return "localhost"
    return f"desk{first}" if first.startswith(".") else first


def main() -> str:
    """The sentence; empty where all is well."""
    name = name_of(os.environ.get("ALLOWED_HOSTS", ""))
    port = os.environ.get("PORT", "8000")
    web = http.client.HTTPConnection("127.0.0.1", int(port), timeout=SECONDS)
    try:
        web.request("GET", "/readyz", headers={"Host": name})
        answer = web.getresponse()
        text = answer.read()
        if answer.status == 200:
            return ""
        failed = [name for name, check in json.loads(text)["checks"].items() if not check["ok"]]
    except (OSError, http.client.HTTPException) as error:
        return f"The web server on port {port} does not answer: {type(error).__name__}."
    except (ValueError, KeyError):
        return f"The web server on port {port} answers {answer.status}: is {name} its name?"
    finally:
        web.close()
    return f"Not ready: {', '.join(failed)} (docs/operations.md, “Is it healthy?”)."


if __name__ == "__main__":
    sys.exit(main() or 0)
