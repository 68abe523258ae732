"""Which network addresses may be connected to when somebody else entered them. Pure.

An address is judged by its number, at the moment of connecting: a name may lead anywhere, and
elsewhere a second later.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address behind it
_UNICAST = ipaddress.ip_network("2000::/3")  # all that is assigned for public use in IPv6
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        "2001::/32",  # Teredo: a tunnel to an IPv4 address
        "2001:20::/28",  # ORCHIDv2
        "2002::/16",  # 6to4: a tunnel to an IPv4 address
        "3fff::/20",  # documentation
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
    )
]
_INNER = [
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]
_METADATA = {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
_PLAIN_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]").fullmatch
_HOME_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa")
_PORTS = {"https": 443, "http": 80}


def is_public(address: str) -> bool:
    """Whether an IP address (text) is public: not private, and not private in disguise."""
    found = _plain(address)
    if found is None or any(found in network for network in _NEVER):
        return False
    if found.version == 6 and found not in _UNICAST:
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def is_inner(address: str) -> bool:
    """Whether it belongs to a private network. Not this machine, link-local or metadata addresses."""
    found = _plain(address)
    if found is None or found in _METADATA:
        return False
    return any(found in network for network in _INNER)


def origin_of(url: str) -> str:
    """ "scheme://host:port" of an http(s) address, in one spelling; "" where it has none.

    Addresses that two parsers could read differently have none: a user name, a backslash, a blank,
    a name that is not plain ASCII.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.netloc.rpartition("@")[2].lower(), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or "@" in parts.netloc or not _is_clean(url):
        return ""
    if port is not None:
        host = host.removesuffix(f":{port}")
    if port == 0 or not _PLAIN_HOST(host):
        return ""
    return f"{parts.scheme}://{host}:{port or _PORTS[parts.scheme]}"


def is_inner_url(url: str) -> bool:
    """Whether the host of a URL is private as written, without asking any name server."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if any(host == name or host.endswith(f".{name}") for name in _HOME_NAMES):
        return True
    number = as_ip_address(host)
    return number is not None and not is_public(number)


def as_ip_address(host: str) -> str | None:
    """The IP address that a host is, however it is written (127.1, 0x7f000001); None for a name."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return None
    return str(found[0][4][0])


def _plain(address):
    """The address as an object, without an IPv6 form of an IPv4 address; None for no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if found.version == 6 and found.ipv4_mapped:
        return found.ipv4_mapped
    if found.version == 6 and found in _TRANSLATED:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found


def _is_clean(url):
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url
