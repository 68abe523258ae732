"""Two hosts' networks on one machine: a namespace each, and a relay to what both may reach."""

import asyncio
import os
import shutil
import subprocess
import threading

from tests.faults.whole_portal import free_port

LOOPBACK = "127.0.0.1"


class Networks:
    """A network namespace for each of two hosts, joined by a bridge; a context manager.

    It takes root, ``ip`` and a kernel that lets us. Without (``are_apart`` is False) both hosts are
    on loopback, and nothing keeps them from each other's folders but their names.
    """

    def __init__(self):
        self._number = os.getpid() % 250 + 1
        self.are_apart = os.geteuid() == 0 and shutil.which("ip") is not None

    def __enter__(self):
        try:
            if self.are_apart:
                self._make()
        except subprocess.CalledProcessError:
            self.__exit__()
            self.are_apart = False
        return self

    def __exit__(self, *_):
        if self.are_apart:
            for line in (
                *(f"netns del {self._name(n)}" for n in (0, 1)),
                f"link del {self._bridge}",
            ):
                subprocess.run(["ip", *line.split()], capture_output=True, check=False)

    @property
    def address(self) -> str:
        """Where the servers that both hosts use are reached."""
        return f"10.213.{self._number}.1" if self.are_apart else LOOPBACK

    def address_of(self, host: int) -> str:
        """Where a host (0 or 1) is reached."""
        return f"10.213.{self._number}.{host + 2}" if self.are_apart else LOOPBACK

    def entering(self, host: int, hidden: list) -> list[str]:
        """What stands before a command to run it there, with these folders out of its sight."""
        if not self.are_apart:
            return []
        hide = " ".join(f"mount -t tmpfs none '{folder}' &&" for folder in hidden)
        return ["ip", "netns", "exec", self._name(host), "sh", "-c", f'{hide} exec "$@"', "sh"]

    @property
    def _bridge(self):
        return f"kgb{self._number}"

    def _name(self, host):
        return f"kg{self._number}h{host}"

    def _make(self):
        self._ip(f"link add {self._bridge} type bridge")
        self._ip(f"addr add {self.address}/24 dev {self._bridge}")
        self._ip(f"link set {self._bridge} up")
        for host in (0, 1):
            name, cable = self._name(host), f"kgo{self._number}h{host}"
            self._ip(f"netns add {name}")
            self._ip(f"link add {cable} type veth peer name eth0 netns {name}")
            self._ip(f"link set {cable} master {self._bridge} up")
            self._ip(f"-n {name} addr add {self.address_of(host)}/24 dev eth0")
            self._ip(f"-n {name} link set eth0 up")
            self._ip(f"-n {name} link set lo up")

    def _ip(self, line):
        subprocess.run(["ip", *line.split()], capture_output=True, check=True)


class Relay:
    """TCP ports of one address that lead to servers of this machine; a context manager.

    ``port_of(server)`` is the port of a server: the path of a unix socket, or (host, port).
    """

    def __init__(self, address: str):
        self.address, self._loop = address, asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def port_of(self, server: str | tuple[str, int]) -> int:
        """The port of our address that leads to the server from now on."""
        port = free_port()

        async def pass_on(reader, writer):
            try:
                there = await _opened(server)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_copied(reader, there[1]), _copied(there[0], writer))

        started = asyncio.start_server(pass_on, self.address, port)
        asyncio.run_coroutine_threadsafe(started, self._loop).result(10)
        return port


async def _opened(server):
    if isinstance(server, tuple):
        return await asyncio.open_connection(*server)
    return await asyncio.open_unix_connection(server)


async def _copied(reader, writer):
    """Pass on until one side ends."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
