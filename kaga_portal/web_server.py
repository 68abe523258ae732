"""The command line of the web server, equal for trial, measurement and production."""

import os

from apps.core.log_formats import ACCESS_FORMAT, is_json


def server_arguments(port: int | str, *, workers: int = 2, host: str = "127.0.0.1") -> list[str]:
    """The arguments after ``python``.

    HTTP/1 only: its slow heads are timed out, those of HTTP/2 are not. A web process that dies is
    restarted by its parent. Requests are logged where LOG_ACCESS says so (1 or 0), else where logs
    are JSON: in production.
    """
    access = os.environ.get("LOG_ACCESS", "1" if is_json() else "0") == "1"
    return [
        "-m", "granian", "--interface", "asginl", "kaga_portal.asgi:application",
        "--http", "1", "--no-ws", "--loop", "uvloop",
        "--host", host, "--port", str(port), "--workers", str(workers),
        "--backlog", "4096", "--respawn-failed-workers",
        "--log-config", "kaga_portal/granian_logs.json",
        *(["--access-log", "--access-log-fmt", ACCESS_FORMAT] if access else []),
    ]  # fmt: skip
