"""Runs servers under load: start, send requests over loopback, count requests and CPU, stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BenchServer:
    """A web server in its own process group, stopped on leaving the ``with`` block."""

    def __init__(self, name, command, env=None):
        self.name, self.port = name, free_port()
        self.command = [part.replace("{port}", str(self.port)) for part in command]
        self.env = {**os.environ, **(env or {})}

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.command], cwd=ROOT, env=self.env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def _wait(self):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                    line.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                    if line.recv(12):
                        return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"{self.name} does not answer")

    def processes(self):
        """The server and everything it started."""
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]


def answer_of(module, *args):
    """What a module of ours prints as its last line (JSON), run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def family(pid):
    """A daemon and its children (PostgreSQL's backends)."""
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def cpu_seconds(processes):
    """User and system time of these processes; one that is gone counts for nothing."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
            total += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return total


@dataclass
class Round:
    """What one round of load found: requests done, seconds, latencies in ms, problems."""

    n: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    latencies: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    @property
    def rps(self):
        return self.n / self.seconds

    @property
    def cpu_ms(self):
        return self.cpu_s / self.n * 1000


def load(port, make_request, expected, *, seconds, connections=8, watched=lambda: []):
    """Send requests (bytes from ``make_request(connection, n)``) for ``seconds`` over loopback.

    An answer counts when its head begins with ``HTTP/1.1`` and holds ``expected`` (bytes); the
    first that does not is kept as a problem and ends that connection's work. ``watched`` gives
    the processes whose CPU time is counted.
    """
    result, lock, stop = Round(), threading.Lock(), time.monotonic() + seconds
    before, started = cpu_seconds(watched()), time.monotonic()

    def work(number):
        line, latencies, done = None, [], 0
        while time.monotonic() < stop:
            began = time.perf_counter()
            head, line = send_request(port, line, make_request(number, done))
            if expected not in head:
                with lock:
                    result.problems.append(head[:300])
                break
            latencies.append((time.perf_counter() - began) * 1000)
            done += 1
        with lock:
            result.n += done
            result.latencies += latencies

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.monotonic() - started
    result.cpu_s = cpu_seconds(watched()) - before
    return result


def send_request(port, line, request):
    """(head of the answer, the connection to use next or None where the server closes it)."""
    for _ in range(2):  # a kept connection may have been closed meanwhile: once more, anew
        fresh = line is None
        line = line or socket.create_connection(("127.0.0.1", port), 10)
        try:
            line.sendall(request)
            head, rest = _head(line)
        except OSError:
            head = b""
        if head or fresh:
            break
        line = None
    if not head:
        return head, None
    length = _header(head, b"content-length")
    missing = int(length or 0) - len(rest)
    while missing > 0 and (part := line.recv(65536)):
        missing -= len(part)
    if (_header(head, b"connection") or b"").lower() == b"close":
        line.close()
        line = None
    return head, line


def _head(line):
    data = b""
    while b"\r\n\r\n" not in data:
        part = line.recv(65536)
        if not part:
            return b"", b""
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _header(head, name):
    for row in head.split(b"\r\n")[1:]:
        key, _, value = row.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else 0.0


def percentile(values, share):
    values = sorted(values)
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def figure(name, value, unit, *, ratio, to, goal):
    """Print one figure as the record of figures reads it; a greater ratio is better."""
    print(f"FIGURE {name} {value:.4g} {unit} ratio={ratio:.2f} to={to} goal={goal}", flush=True)
