"""The supervisor restarts a process that dies, and leaves the others running."""

import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest

from kaga_portal import processes
from kaga_portal.processes import ProcessGroup, describe_end, pause_before_restart
from kaga_portal.supervisor import Supervisor
from tests.faults.conftest import until

STEADY = "import time; print('ready', flush=True); time.sleep(600)"
DYING = "raise SystemExit('no such key')"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', "
    "'import time; time.sleep(600)']); print('child', child.pid, flush=True); time.sleep(600)"
)
pytestmark = pytest.mark.fault


def python(code):
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


@contextmanager
def running(**commands):
    """(the running Processes, the (name, line)s they wrote); all stopped afterwards."""
    lines = []
    group = ProcessGroup(
        {name: python(code) for name, code in commands.items()}, lambda *line: lines.append(line)
    )
    thread = threading.Thread(target=group.run)
    thread.start()
    try:
        yield group, lines
    finally:
        group.stop()
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(processes, "STOP_TIMEOUT_S", 1.0)


def system(lines):
    return [line for name, line in lines if name == "system"]


def test_a_killed_process_comes_back_and_the_others_are_not_touched():
    with running(web=STEADY, worker=STEADY) as (group, lines):
        until(lambda: lines.count(("web", "ready")) == lines.count(("worker", "ready")) == 1)
        web, worker = group.pid_of("web"), group.pid_of("worker")
        os.kill(worker, signal.SIGKILL)
        until(lambda: lines.count(("worker", "ready")) == 2)
        assert group.pid_of("worker") != worker
        assert group.pid_of("web") == web
        assert psutil.pid_exists(web)
    (report,) = [line for line in system(lines) if "SIGKILL" in line]
    assert report.startswith("worker was killed by SIGKILL")


def test_a_process_that_dies_at_once_is_reported_while_the_rest_goes_on():
    with running(web=STEADY, beat=DYING) as (group, lines):
        until(lambda: any("5 times in a row" in line for line in system(lines)))
        web = group.pid_of("web")
        n_before = lines.count(("beat", "no such key"))
        until(lambda: lines.count(("beat", "no such key")) > n_before)
        assert psutil.pid_exists(web)
    assert sum("5 times in a row" in line for line in system(lines)) == 1
    assert any("beat ended with code 1" in line for line in system(lines))


def test_a_command_that_is_not_there_is_reported_too():
    lines = []
    group = ProcessGroup({"web": "/no/such/program"}, lambda *line: lines.append(line))
    thread = threading.Thread(target=group.run)
    thread.start()
    until(lambda: any("could not be started" in line for _, line in lines))
    group.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_what_a_killed_process_had_started_goes_with_it():
    with running(web=PARENT) as (group, lines):
        until(lambda: any(line.startswith("child") for _, line in lines))
        child = next(int(line.split()[1]) for _, line in lines if line.startswith("child"))
        os.kill(group.pid_of("web"), signal.SIGKILL)
        until(lambda: not psutil.pid_exists(child) or _is_dead(child))


def test_stopping_ends_even_a_process_that_does_not_listen():
    with running(web=STUBBORN, worker=STEADY) as (group, lines):
        until(lambda: lines.count(("web", "ready")) == lines.count(("worker", "ready")) == 1)
        pids = [group.pid_of("web"), group.pid_of("worker")]
    assert all(not psutil.pid_exists(pid) or _is_dead(pid) for pid in pids)
    assert not any("started again" in line for line in system(lines))


def _is_dead(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_pauses_grow_and_have_an_end(monkeypatch):
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 1.0)
    assert [pause_before_restart(n) for n in (0, 1, 2, 3, 7, 50)] == [1, 1, 2, 4, 60, 60]


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with code 0"), (-9, "was killed by SIGKILL"), (-200, "was killed by signal 200")],
)
def test_an_end_is_told_in_words(code, words):
    assert describe_end(code) == words


def test_portals_started_one_after_another_choose_ports_of_their_own(tmp_path, monkeypatch):
    """Before any of them listens: the next one reads what the others have chosen."""
    portal, chosen = SimpleNamespace(var=tmp_path), []
    for name in ("one", "two", "three", "one"):
        monkeypatch.setenv("KAGA_INSTANCE", name)
        chosen.append(Supervisor._choose_ports(portal, 8000))
    ports = [port for each in chosen[:3] for port in each.values()]
    assert len(set(ports)) == len(ports)
    assert chosen[3] == chosen[0]


SIGNALLED = f"""
import signal, sys
from kaga_portal.processes import ProcessGroup
n_again = 0
def again(frame, event, _):
    global n_again
    if n_again < 30 and frame.f_code.co_name in ("stop", "set", "notify_all", "notify"):
        n_again += 1
        signal.raise_signal(signal.SIGINT)
    return again
group = ProcessGroup({{"web": {python(STEADY)!r}}}, lambda *line: print(*line, flush=True))
signal.signal(signal.SIGINT, lambda *_: group.stop())
sys.settrace(again)
group.run()
"""


def test_a_signal_while_one_is_handled_stops_it_as_well():
    process = subprocess.Popen([sys.executable, "-c", SIGNALLED], stdout=subprocess.PIPE, text=True)
    with process.stdout:
        while "ready" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_no_process_of_the_trial_portal_takes_the_place_of_another(tmp_path, settings):
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    supervisor = Supervisor(first_port=8900, out=None)
    stand_ins, portal = supervisor._stand_ins(), supervisor._portal()
    assert {*stand_ins, *portal} == {
        "lrs", "push-service", "myna", "web", "help", "mail", "push", "worker", "beat",
    }  # fmt: skip
    assert not stand_ins.keys() & portal.keys()
