"""One format for every log line that leaves the machine: JSON in UTC, or text for a terminal.

The web server, Django and the workers use it. One event is one line, whatever somebody sends; none
holds a query, a household's address or an exception's text. Imports nothing of ours and no Django:
the web server loads it before either is set up.
"""

import ipaddress
import json
import logging
import os
import re
import traceback
from datetime import UTC, datetime

from pythonjsonlogger.core import BaseJsonFormatter

EXTRA_FIELDS = (  # extra fields of a line, where the caller gave them
    "event", "person_kind", "user", "target", "municipality", "network", "detail", "status_code",
    "task_id", "task_name",
)  # fmt: skip
EXCEPTIONS_WITH_OWN_WORDS = {
    "ImproperlyConfigured",
    "SystemExit",
}  # their messages are ours: settings, never a value
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SECRET_PATH = re.compile(r"^/(c|g)/.+")
MAX_PATH = 200
UNTRACED_PATHS = ("/notes/",)  # no line says that somebody read the self-help cards
PREFIX = {4: 24, 6: 48}
# The fields the web server logs of each request: see granian_logs.json.
ACCESS_FORMAT = "%(method)s %(path)s %(status)d %(addr)s %(header{x-forwarded-for})s"


def record_time(record: logging.LogRecord) -> datetime:
    """When it was written, in UTC."""
    return datetime.fromtimestamp(record.created, tz=UTC)


def one_line(text: str) -> str:
    """The text with every control character, line break and change of direction written out."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class JsonFormatter(BaseJsonFormatter):
    """A JSON object in ASCII, one a line. Of an exception: types and places, never its text."""

    def add_fields(self, log_data, record, message_dict):
        log_data |= {
            "time": record_time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.message,
            "process": record.process,
        }
        log_data |= {
            name: getattr(record, name) for name in EXTRA_FIELDS if getattr(record, name, "")
        }
        if record.exc_info and record.exc_info[1] is not None:
            log_data["exceptions"] = list(_exception_chain(record.exc_info[1]))

    def formatException(self, ei):  # noqa: N802 - logging's name
        return ""  # set by add_fields

    def serialize_log_record(self, log_data):
        return json.dumps(log_data, default=str, ensure_ascii=True)


class AccessJsonFormatter(JsonFormatter):
    """A request as the web server saw it: method, path without its query, network, status, time."""

    def add_fields(self, log_data, record, message_dict):
        request = record.args if isinstance(record.args, dict) else {}
        record.message = "request"
        super().add_fields(log_data, record, message_dict)
        log_data |= {
            "method": request.get("method"),
            "path": cleaned_path(request.get("path", "")),
            "status": request.get("status"),
            "ms": round(request.get("dt_ms", 0), 1),
            "network": client_network(request.get("addr", ""), request.get("_h0", "")),
        }


class PlainFormatter(logging.Formatter):
    """For a terminal: the time with its offset, one line a message, a traceback indented."""

    def formatTime(self, record, datefmt=None):  # noqa: N802 - logging's name
        return record_time(record).astimezone().isoformat(timespec="seconds")

    def formatMessage(self, record):  # noqa: N802 - logging's name
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei):  # noqa: N802 - logging's name
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {one_line(line)}" for line in lines)


class AccessPlainFormatter(PlainFormatter):
    """The same request for a terminal."""

    def format(self, record):
        request = record.args if isinstance(record.args, dict) else {}
        path, network = (
            cleaned_path(request.get("path", "")),
            client_network(request.get("addr", ""), request.get("_h0", "")),
        )
        words = f"{request.get('method')} {path} {request.get('status')} {network}"
        return one_line(f"{self.formatTime(record)} {words}")


class UntracedPages(logging.Filter):
    """Leaves out the requests of UNTRACED_PATHS."""

    def filter(self, record):
        request = record.args if isinstance(record.args, dict) else {}
        return not request.get("path", "").startswith(UNTRACED_PATHS)


def is_json() -> bool:
    """Whether lines are JSON: LOG_FORMAT says (json or plain), else they are in production."""
    value = os.environ.get("LOG_FORMAT", "")
    return value == "json" or (
        not value and os.environ.get("PORTAL_MODE", "production") == "production"
    )


def formatter() -> logging.Formatter:
    """The formatter of this process."""
    return (
        JsonFormatter()
        if is_json()
        else PlainFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )


def access_formatter() -> logging.Formatter:
    """The formatter of the web server's requests."""
    return AccessJsonFormatter() if is_json() else AccessPlainFormatter()


def cleaned_path(path: str) -> str:
    """A path without codes of cards or letters, and of bounded length."""
    return SECRET_PATH.sub(r"/\1/-", path)[:MAX_PATH]


def client_network(address: str, forwarded: str) -> str:
    """The network of whoever asked, behind TRUSTED_PROXY_COUNT proxies; "" where it is not known."""
    n_proxies = int(os.environ.get("TRUSTED_PROXY_COUNT", "0") or 0)
    if n_proxies:
        addresses = [part.strip() for part in forwarded.split(",")]
        address = addresses[-n_proxies] if len(addresses) >= n_proxies else ""
    return network_prefix(address)


def network_prefix(address: str) -> str:
    """The network (/24, or /48 of IPv6) of an IP address as text; "" for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, PREFIX[found.version]), strict=False))


def _exception_chain(error):
    """Of an exception and its causes: the type, and where, line by line of our own source."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)
        words = {"words": str(error)} if type(error).__name__ in EXCEPTIONS_WITH_OWN_WORDS else {}
        yield {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            **words,
        }
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
