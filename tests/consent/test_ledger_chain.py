"""The pure chain: what breaks it is found, and the Merkle root is that of RFC 9162."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from apps.consent import ledger

KEY = ledger.chain_key(b"s" * 32)
bodies = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=12)


def chained(of, key=KEY):
    entries, before = [], ledger.GENESIS
    for seq, body in enumerate(of, start=1):
        before = ledger.link(key, before, body)
        entries.append((seq, b"s1", body, before))
    return entries


def walked(entries, school=b"school"):
    lines = [
        (school, str(seq).encode(), key_id, body, said.hex().encode())
        for seq, key_id, body, said in entries
    ]
    return ledger.walk({b"s1": KEY}, lines)


def first_break(entries):
    return walked(entries)[1].get(b"school")


@given(bodies)
def test_what_was_chained_follows(of):
    entries = chained(of)
    assert walked(entries) == ({b"school": (len(entries), entries[-1][3])}, {})


@given(bodies, bodies)
def test_chains_do_not_touch_each_other(one, other):
    good, bad = chained(one), chained(other)
    bad[0] = (1, b"s1", b"other", bad[0][3])
    lines = [
        (school, str(seq).encode(), key_id, body, said.hex().encode())
        for school, entries in ((b"a", bad), (b"b", good), (b"c", good))
        for seq, key_id, body, said in entries
    ]
    ends, breaks = ledger.walk({b"s1": KEY}, lines)
    assert breaks == {b"a": ledger.Break(1, "changed")}
    assert {school: seq for school, (seq, _) in ends.items()} == {
        b"a": len(other), b"b": len(one), b"c": len(one)
    }  # fmt: skip


def test_an_entry_that_stands_twice_is_found():
    entries = chained([b"a", b"b"])
    assert first_break([*entries, entries[1]]) == ledger.Break(3, "twice")


@given(bodies, st.data())
def test_any_changed_byte_is_found_where_it_is(of, data):
    entries = chained(of)
    at = data.draw(st.integers(0, len(entries) - 1))
    seq, key_id, body, link = entries[at]
    entries[at] = (seq, key_id, body + b"!", link)
    assert first_break(entries) == ledger.Break(at + 1, "changed")


@given(bodies.filter(lambda of: len(of) > 1), st.data())
def test_any_dropped_entry_is_found_unless_it_was_the_last(of, data):
    entries = chained(of)
    at = data.draw(st.integers(0, len(entries) - 2))
    del entries[at]
    assert first_break(entries) == ledger.Break(at + 1, "missing")


@given(bodies.filter(lambda of: len(set(of)) > 1), st.data())
def test_any_two_that_changed_places_are_found(of, data):
    entries = chained(of)
    a, b = sorted(data.draw(st.lists(st.integers(0, len(of) - 1), min_size=2, max_size=2)))
    entries[a], entries[b] = (a + 1, *entries[b][1:]), (b + 1, *entries[a][1:])
    found = first_break(entries)
    assert (found == ledger.Break(a + 1, "changed")) == (a != b)


def test_without_the_key_nobody_appends_an_entry():
    entries = chained([b"a", b"b"])
    forged = ledger.link(ledger.chain_key(b"x" * 32), entries[-1][3], b"c")
    assert first_break([*entries, (3, b"s1", b"c", forged)]) == ledger.Break(3, "changed")
    assert first_break([*entries, (3, b"s9", b"c", forged)]) == ledger.Break(3, "unknown key")


def test_the_root_is_the_merkle_tree_hash_of_rfc_9162():
    def leaf(data):
        return hashlib.sha256(b"\x00" + data).digest()

    def node(left, right):
        return hashlib.sha256(b"\x01" + left + right).digest()

    a, b, c, d, e = (bytes([i]) for i in range(5))
    assert ledger.root([]) == hashlib.sha256(b"").digest()
    assert ledger.root([a]) == leaf(a)
    assert ledger.root([a, b, c]) == node(node(leaf(a), leaf(b)), leaf(c))
    assert ledger.root([a, b, c, d, e]) == node(
        node(node(leaf(a), leaf(b)), node(leaf(c), leaf(d))), leaf(e)
    )
