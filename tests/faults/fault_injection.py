"""The faults of a fault run: each begins, lasts some seconds and is over."""

import random
import shelve
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from tests.faults.outer_servers import OuterServers
from tests.faults.response_counts import Tally
from tests.faults.whole_portal import WORKERS, Portal, Valkey

HALF = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
POISON = b"\x00\xff\xfePK\x03\x04" + b'"\r\n,' * 2000


@dataclass
class World:
    """The parts that can be broken."""

    portal: Portal
    valkey: Valkey
    outer: OuterServers
    database_url: str
    shares: Path
    inbox: Path  # of the one source
    rng: random.Random

    def pause(self, least: float, most: float) -> None:
        """Let so many seconds pass."""
        time.sleep(self.rng.uniform(least, most))


def kill_web(world):
    """kill -9 of the web server, or of one of its processes."""
    world.portal.kill("web", child=world.rng.random() < 0.5)


def kill_worker(world):
    """kill -9 of a worker, or of the process in which its tasks run."""
    world.portal.kill(world.rng.choice(sorted(WORKERS)), child=world.rng.random() < 0.5)


def kill_beat(world):
    """kill -9 of beat."""
    world.portal.kill("beat")


def beat_file_of_the_future(world):
    """Beat finds that everything ran six hours from now."""
    world.portal.kill("beat")
    time.sleep(0.3)  # its supervisor waits at least a second
    with shelve.open(str(world.portal.beat_file), writeback=True) as kept:  # noqa: S301 - beat's own file
        for entry in kept.get("entries", {}).values():
            entry.last_run_at = datetime.now(entry.last_run_at.tzinfo) + timedelta(hours=6)


def lose_valkey(world):
    """Broker and cache are down for a while; half of the time their data is lost."""
    world.valkey.kill(loses_all=world.rng.random() < 0.5)
    world.pause(1, 6)
    world.valkey.start()


def cut_connections(world):
    """PostgreSQL ends every connection, three times."""
    for _ in range(3):
        with psycopg.connect(world.database_url, autocommit=True) as own:
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        world.pause(0.2, 1)


def slow_clients(world):
    """Fifty half-sent forms and a hundred slow heads."""
    address = ("127.0.0.1", world.portal.port)
    lines = []
    for n in range(150):
        try:
            lines.append(socket.create_connection(address, 5))
            lines[-1].sendall(HALF if n % 3 == 0 else b"GET / HTTP/1.1\r\nHo")
        except OSError:  # the web server is being started again
            break
    world.pause(5, 10)
    for line in lines:
        line.close()


def hostile_push(world):
    """The push service refuses, throttles, redirects, hangs and cuts."""
    world.outer.push_is_hostile = True
    world.pause(8, 15)
    world.outer.push_is_hostile = False


def dripping_lrs(world):
    """The LRS, which is to be read now, answers a byte a second."""
    world.outer.lrs_drips = True
    with psycopg.connect(world.database_url) as own:
        own.execute("UPDATE linkage_datasource SET next_at = NULL WHERE kind = 'xapi_lrs'")
    world.pause(15, 25)
    world.outer.lrs_drips = False


def shares_away(world):
    """The folder of the key shares is moved away, and back."""
    aside = world.shares.with_name("shares-away")
    world.shares.rename(aside)
    world.pause(3, 8)
    aside.rename(world.shares)


def poison_file(world):
    """An invalid file with a valid name stays in the folder."""
    number = world.rng.randrange(1000, 9999)
    kind = world.rng.choice(["attendance_daily", "nurse_visit", "grades"])
    (world.inbox / f"{kind}_{number}.csv").write_bytes(POISON)


FAULTS: tuple[Callable, ...] = (
    kill_web, kill_worker, kill_beat, beat_file_of_the_future, lose_valkey, cut_connections,
    slow_clients, hostile_push, dripping_lrs, shares_away, poison_file,
)  # fmt: skip
FEW = (kill_worker, cut_connections, shares_away)


def schedule(rng: random.Random, faults=FAULTS):
    """Faults without end: each once, in an order that the seed gives, and then again."""
    while True:
        yield from rng.sample(faults, len(faults))


def inject(world: World, tally: Tally, until: float, faults, say) -> None:
    """One fault after the other with pauses between, until the monotonic clock says so."""
    for fault in schedule(world.rng, faults):
        world.pause(2, 6)
        if time.monotonic() > until:
            return
        name = fault.__name__.replace("_", " ")
        say(f"{time.monotonic() - tally.began:5.0f} s  {name}")
        tally.count(tally.injected, name)
        try:
            fault(world)
        except (
            Exception
        ) as error:  # a fault that could not be injected is printed; the next one follows
            tally.count(tally.own_failures, f"{name}: {error!r}"[:160])
