"""The embedded servers run side by side, and are stopped by the last user."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.fault
ROOT = Path(settings.BASE_DIR)
ASK = """
    import os, sys
    from kaga_portal import embedded
    embedded.ensure()
    import psycopg, redis
    from urllib.parse import unquote
    host = unquote(os.environ["DATABASE_URL"].split("@")[1].split("/")[0])
    with psycopg.connect(host=host, user="postgres", dbname="kaga_portal") as connection:
        listens = connection.execute("SHOW listen_addresses").fetchone()[0]
    assert listens == "", listens
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    assert broker.ping()
    print(host, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def instance():
    """A name of its own, whose data is removed afterwards."""
    name = f"t{uuid.uuid4().hex[:8]}"
    yield name
    for folder in [*Path("/var/lib/kaga_portal").glob(f"*-{name}"), ROOT / "var" / name]:
        shutil.rmtree(folder, ignore_errors=True)


def start(name, cwd=ROOT):
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(ASK)], cwd=cwd, env={**env, "KAGA_INSTANCE": name},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.home = process.stdout.readline().strip()
    assert process.home, "the servers did not come up"
    return process


def stop(process):
    process.communicate("done\n", timeout=60)
    assert process.returncode == 0


def is_running(home):
    return (Path(home) / ".s.PGSQL.5432").exists()


def test_the_last_to_leave_stops_the_servers(instance):
    first, second = start(instance), start(instance)
    assert first.home == second.home
    stop(first)
    assert is_running(second.home)
    stop(second)
    assert not is_running(second.home)


def test_a_killed_user_leaves_by_dying(instance):
    victim = start(instance)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    survivor = start(instance)
    stop(survivor)
    assert not is_running(survivor.home)


def test_two_portals_run_side_by_side(instance):
    one, other = start(instance), start(f"{instance}b")
    assert one.home != other.home
    stop(one)
    assert is_running(other.home)
    stop(other)
    for folder in Path("/var/lib/kaga_portal").glob(f"*-{instance}b"):
        shutil.rmtree(folder, ignore_errors=True)


def test_data_of_a_checkout_that_is_gone_is_put_aside(instance, tmp_path):
    """A checkout made anew in the place of another has other secrets: it starts empty."""
    shutil.copytree(ROOT / "kaga_portal", tmp_path / "kaga_portal")
    first = start(instance, cwd=tmp_path)
    home = Path(first.home).parent if os.geteuid() == 0 else tmp_path / "var" / instance
    stop(first)
    (home / "postgresql" / "mine").touch()
    secrets = tmp_path / "var" / "secrets.env"
    secrets.write_text(secrets.read_text().replace("VAULT_KEYS=", "VAULT_KEYS=k2:newer,"))
    stop(start(instance, cwd=tmp_path))
    assert (home / "postgresql" / "mine").exists()
    secrets.unlink()
    second = start(instance, cwd=tmp_path)
    assert not (home / "postgresql" / "mine").exists()
    (aside,) = home.parent.glob(f"{home.name}.*")
    assert (aside / "postgresql" / "mine").exists()
    stop(second)
    shutil.rmtree(aside)


def laid_out_by_an_older_version(home):
    """The data's note names another layout; a file in it tells it from data made anew."""
    note = home / "made-with"
    note.write_text(note.read_text().splitlines()[0] + "\n2026-11-01")
    (home / "postgresql" / "mine").touch()


def test_data_of_an_older_layout_is_put_aside_with_its_shares_and_checkpoints(
    instance, tmp_path, capfd
):
    shutil.copytree(ROOT / "kaga_portal", tmp_path / "kaga_portal")
    first = start(instance, cwd=tmp_path)
    home = Path(first.home).parent if os.geteuid() == 0 else tmp_path / "var" / instance
    stop(first)
    laid_out_by_an_older_version(home)
    shares, ledger = (tmp_path / "var" / f"{name}-{instance}" for name in ("key-shares", "ledger"))
    shares.mkdir()
    (shares / "share").touch()
    ledger.mkdir()
    second = start(instance, cwd=tmp_path)
    assert not (home / "postgresql" / "mine").exists() and not shares.exists()
    (aside,) = home.parent.glob(f"{home.name}.*")
    assert (aside / "postgresql" / "mine").exists()
    assert [len([*one.parent.glob(f"{one.name}.*")]) for one in (shares, ledger)] == [1, 1]
    assert (next(shares.parent.glob(f"{shares.name}.*")) / "share").exists()
    assert f"Data of an older database layout was put aside: {aside}" in capfd.readouterr().err
    stop(second)
    shutil.rmtree(aside)


def test_data_of_an_older_layout_that_somebody_uses_stays_with_a_sentence(instance, capfd):
    user = start(instance)
    home = Path(user.home).parent if os.geteuid() == 0 else ROOT / "var" / instance
    laid_out_by_an_older_version(home)
    with pytest.raises(AssertionError, match="did not come up"):
        start(instance)
    assert "is in use. Stop the portal" in capfd.readouterr().err
    assert (home / "postgresql" / "mine").exists() and is_running(user.home)
    stop(user)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's way leads past closed folders")
def test_a_closed_checkout_stays_closed(instance, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(ROOT / "kaga_portal", closed / "kaga_portal")
    before = [oct(folder.stat().st_mode) for folder in (closed, *closed.parents)]
    stop(start(instance, cwd=closed))
    assert [oct(folder.stat().st_mode) for folder in (closed, *closed.parents)] == before
