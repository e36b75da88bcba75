"""Gunicorn's settings; WEB_CONCURRENCY and the like work as Gunicorn documents them."""

import http.client
import os
import threading
import time
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# With threads, a worker's main thread reports to Gunicorn on its own: `timeout` ends a worker
# that hangs, not one with a request that takes longer (an XLSX export of a million decisions).
# Requests are collected before a thread takes them up: slow ones hold none.
# Workers share what their parent has imported.
preload_app = True
worker_class = "config.web_worker.Worker"
threads = 4
timeout = 60
# Sockets and temporary files of a worker stay below the usual 1,024.
worker_connections = 400
# The longest that it takes: what stands in an address of the API is escaped, up to twelve letters
# for one, and the API says better than a bare 414 what is wrong with it.
limit_request_line = 8190
control_socket_disable = True
# No proxy moves the program to another path; Gunicorn would take SCRIPT_NAME from anybody on this
# machine, and from whoever a proxy here passes it on for.
forwarder_headers = ""
# No access log: addresses of pages hold buyers' and order numbers. The proxy keeps one if wanted.
accesslog = None
loglevel = "warning"


READY_WITHIN = 60


def post_worker_init(worker: Any) -> None:
    """Says that the group is ready once a page answers, by its first worker only."""
    if worker.age == 1:
        message = os.environ.get("READY_MESSAGE", f"Listening on {bind}")
        threading.Thread(target=_say_when_ready, args=(message,), daemon=True).start()


def _say_when_ready(message: str) -> None:
    give_up = time.monotonic() + READY_WITHIN
    while time.monotonic() < give_up:
        page = http.client.HTTPConnection(bind, timeout=READY_WITHIN)
        try:
            page.request("GET", "/")
            page.getresponse()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            print(message, flush=True)
            return
        finally:
            page.close()
