"""Runs processes side by side and restarts each one that ends, after a growing pause."""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable

STEADY_AFTER_S = 30.0  # a process that ran this long had started well
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
REPORT_AFTER = 5  # consecutive ends, each soon after the start
POLL_S = 0.1
STOP_TIMEOUT_S = 10.0  # time for a process to shut down


def pause_before_restart(n_quick_ends: int) -> float:
    """Seconds to wait after so many ends in a row, each soon after the start."""
    return min(FIRST_PAUSE_S * 2 ** max(n_quick_ends - 1, 0), LONGEST_PAUSE_S)


def describe_end(returncode: int) -> str:
    """Why a process ended, in words."""
    if returncode >= 0:
        return f"ended with code {returncode}"
    try:
        return f"was killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was killed by signal {-returncode}"


class ProcessGroup:
    """Named commands; each has a thread that starts it, passes on its lines and restarts it.

    ``write(name, line)`` gets the processes' output and, under the name "system", what happens to
    them.
    """

    def __init__(self, commands: dict[str, str], write: Callable[[str, str], None]):
        self._commands, self._write = commands, write
        self._writing = threading.Lock()
        self._is_stopping = False  # no Event: its lock would wait for itself at a second signal
        self._running: dict[str, subprocess.Popen] = {}

    def run(self) -> None:
        """Start all and return when ``stop`` was called and all have ended."""
        watchers = [
            threading.Thread(target=self._keep, args=item) for item in self._commands.items()
        ]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join()

    def stop(self) -> None:
        """Stop every process; safe in a signal handler, also twice. Whoever does not end is killed."""
        self._is_stopping = True

    def pid_of(self, name: str) -> int | None:
        """The id of the process running under this name."""
        process = self._running.get(name)
        return process.pid if process else None

    def _keep(self, name, command):
        n_quick_ends = 0
        while not self._is_stopping:
            began = time.monotonic()
            end = self._run_once(name, command)
            if self._is_stopping:
                return
            is_quick = time.monotonic() - began < STEADY_AFTER_S
            n_quick_ends = n_quick_ends + 1 if is_quick else 0
            pause = pause_before_restart(n_quick_ends)
            self._say(f"{name} {end}; it is started again in {pause:g} s. The others go on.")
            if n_quick_ends == REPORT_AFTER:
                self._say(
                    f"{name} has ended {REPORT_AFTER} times in a row soon after its start: what it "
                    "does is not done. Its last lines say why. It is tried again all the same."
                )
            until = time.monotonic() + pause
            while not self._is_stopping and time.monotonic() < until:
                time.sleep(POLL_S)

    def _run_once(self, name, command):
        """Run the command until it ends or is stopped; returns how it ended, in words."""
        try:
            process = subprocess.Popen(
                shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True, text=True, errors="replace",
            )  # fmt: skip
        except OSError as error:
            return f"could not be started ({error})"
        self._running[name] = process
        self._say(f"{name} started (pid {process.pid})")
        reader = threading.Thread(target=self._pass_on, args=(name, process), daemon=True)
        reader.start()
        self._wait(process)
        _kill_group(process)  # remaining children would hold its port, or work twice
        reader.join(STOP_TIMEOUT_S)
        del self._running[name]
        return describe_end(process.returncode)

    def _wait(self, process):
        """Wait for the end; once all are stopped, terminate it, and kill it after a while."""
        while process.poll() is None and not self._is_stopping:
            time.sleep(POLL_S)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                _kill_group(process)
                process.wait()

    def _pass_on(self, name, process):
        with process.stdout:
            for line in process.stdout:
                self._tell(name, line.rstrip("\n"))

    def _say(self, words):
        self._tell("system", words)

    def _tell(self, name, line):
        with self._writing, contextlib.suppress(OSError, ValueError):  # the reader is gone
            self._write(name, line)


def _kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
