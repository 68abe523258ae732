"""No private network address passes for a public one, however it is written."""

import pytest

from apps.core.network_addresses import is_inner, is_inner_url, is_public, origin_of

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.9.1",  # noqa: S104
    "169.254.1.1", "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.8", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:10.0.0.1",
    "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
    "64:ff9b:1::808:808", "100::1", "2001::5ef5:79fd:0:1", "2001:db8::1", "2001:20::1",
    "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "x", "", "127.1", "0x7f000001", "2130706433",
]  # fmt: skip
WORLD = ["8.8.8.8", "203.104.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_inner_address_is_none_of_the_world(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", WORLD)
def test_an_address_of_the_world_is_one(address):
    assert is_public(address)
    assert not is_inner(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "0.0.0.0",  # noqa: S104
     "::ffff:127.0.0.1", "224.0.0.1"],
)  # fmt: skip
def test_this_machine_and_the_metadata_of_a_cloud_are_no_schools_network(address):
    assert not is_inner(address)


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "172.20.1.1", "192.168.7.7", "fd12::1", "100.64.3.4"]
)
def test_a_private_network_is_an_inner_one(address):
    assert is_inner(address)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://LRS.example/xapi?a=1#b", "https://lrs.example:443"),
        ("http://10.0.0.5:8080", "http://10.0.0.5:8080"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_origin_has_one_spelling(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    ["https://good.example@evil.example/", "https://good.example\\@evil.example/", "https://a b/",
     "https://a.example:0/", "https://a.example:99999/", "https://a.example:x/", "ftp://a.example",
     "file:///etc/passwd", "gopher://a.example", "//a.example", "https://", "https:///x", "",
     "https://ａ.example/", "https://a.example/\n", "https://%31%32%37.0.0.1/",
     "https://[fe80::1%25eth0]/", "https://[::1", "https://a.example#@b.example:1/\\"],
)  # fmt: skip
def test_what_two_readers_could_read_differently_has_no_origin(url):
    assert origin_of(url) == ""


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "a.localhost", "sis.local", "db.internal", "127.0.0.1", "127.1",
     "0x7f.1", "0177.0.0.1", "2130706433", "[::1]", "[::ffff:7f00:1]", "169.254.169.254", "10.0.0.1"],
)  # fmt: skip
def test_an_inner_host_is_seen_without_a_name_server(host):
    assert is_inner_url(f"https://{host}/x")


@pytest.mark.parametrize("host", ["lrs.example.jp", "8.8.8.8", "localhost.example.jp", "mylocal"])
def test_a_host_of_the_world_is_not_taken_for_an_inner_one(host):
    assert not is_inner_url(f"https://{host}/x")
