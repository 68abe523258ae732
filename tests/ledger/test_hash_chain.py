"""The pure chain: every break is found, and the Merkle root is that of RFC 9162."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from apps.ledger import hash_chain

KEY = hash_chain.chain_key(b"s" * 32)
body = st.binary(min_size=1, max_size=20).filter(lambda body: b"\n" not in body)
bodies = st.lists(body, min_size=1, max_size=12)


def chained(of, key=KEY):
    entries, before = [], hash_chain.GENESIS
    for seq, body in enumerate(of, start=1):
        before = hash_chain.link_digest(key, before, body)
        entries.append(hash_chain.ChainEntry(seq, "s1", body, before))
    return entries


def batches_of(entries, chain="school", size=3):
    """Entries in batches, as the database returns them, each with two key ids."""
    numbers = {entry.seq // size for entry in entries}
    batches = {n: [e for e in entries if e.seq // size == n] for n in sorted(numbers)}
    for number, batch in batches.items():
        key_ids = {entry.key_id for entry in batch}
        yield hash_chain.EntryBatch(
            chain, number, len(batch), batch[0].seq, batch[-1].seq, min(key_ids), max(key_ids),
            b"\n".join(entry.body for entry in batch), b"".join(entry.link for entry in batch),
        )  # fmt: skip


def proved(chains, keys=None, size=3):
    """(ends, {chain: its first ChainBreak}) of {chain: entries}, as the ledger is verified."""
    keys, breaks = keys or {"s1": KEY}, {}
    batches = [h for chain, entries in chains.items() for h in batches_of(entries, chain, size)]
    ends, doubts = hash_chain.verify_batches(keys, batches)
    for doubt in doubts:
        batch = [e for e in chains[doubt.chain] if e.seq // size == doubt.number]
        found = hash_chain.first_break(keys, doubt.wanted, doubt.before, batch)
        if found:
            breaks.setdefault(doubt.chain, found)
    return ends, breaks


def first_break(entries):
    return proved({"school": entries})[1].get("school")


@given(bodies)
def test_what_was_chained_follows(of):
    entries = chained(of)
    assert proved({"school": entries}) == ({"school": (len(entries), entries[-1].link)}, {})


@given(bodies, bodies)
def test_chains_do_not_touch_each_other(one, other):
    good, bad = chained(one), chained(other)
    bad[0] = bad[0]._replace(body=b"other")
    ends, breaks = proved({"a": bad, "b": good, "c": good})
    assert breaks == {"a": hash_chain.ChainBreak(1, "changed")}
    assert {school: seq for school, (seq, _) in ends.items()} == {
        "a": len(other), "b": len(one), "c": len(one)
    }  # fmt: skip


def test_an_entry_that_stands_twice_is_found():
    entries = chained([b"a", b"b"])
    assert first_break([*entries, entries[1]]) == hash_chain.ChainBreak(3, "twice")


@given(bodies, st.data())
def test_any_changed_byte_is_found_where_it_is(of, data):
    entries = chained(of)
    at = data.draw(st.integers(0, len(entries) - 1))
    entries[at] = entries[at]._replace(
        body=entries[at].body + data.draw(st.sampled_from([b"!", b"\n"]))
    )
    assert first_break(entries) == hash_chain.ChainBreak(at + 1, "changed")


@given(bodies.filter(lambda of: len(of) > 1), st.data())
def test_any_dropped_entry_is_found_unless_it_was_the_last(of, data):
    entries = chained(of)
    at = data.draw(st.integers(0, len(entries) - 2))
    del entries[at]
    assert first_break(entries) == hash_chain.ChainBreak(at + 1, "missing")


@given(bodies.filter(lambda of: len(set(of)) > 1), st.data())
def test_any_two_that_changed_places_are_found(of, data):
    entries = chained(of)
    a, b = sorted(data.draw(st.lists(st.integers(0, len(of) - 1), min_size=2, max_size=2)))
    entries[a], entries[b] = entries[b]._replace(seq=a + 1), entries[a]._replace(seq=b + 1)
    found = first_break(entries)
    assert (found == hash_chain.ChainBreak(a + 1, "changed")) == (a != b)


def test_without_the_key_nobody_appends_an_entry():
    entries = chained([b"a", b"b"])
    forged = hash_chain.link_digest(hash_chain.chain_key(b"x" * 32), entries[-1].link, b"c")
    for key_id, what in (("s1", "changed"), ("s9", "unknown key")):
        entry = hash_chain.ChainEntry(3, key_id, b"c", forged)
        assert first_break([*entries, entry]) == hash_chain.ChainBreak(3, what)


@given(bodies.filter(lambda of: len(of) > 1), st.data())
def test_a_chain_goes_on_under_a_new_key_and_back(of, data):
    keys, before, entries = (
        {"s1": KEY, "s2": hash_chain.chain_key(b"n" * 32)},
        hash_chain.GENESIS,
        [],
    )
    for seq, body in enumerate(of, start=1):
        key_id = data.draw(st.sampled_from(sorted(keys)))
        before = hash_chain.link_digest(keys[key_id], before, body)
        entries.append(hash_chain.ChainEntry(seq, key_id, body, before))
    assert proved({"school": entries}, keys)[1] == {}
    at = data.draw(st.integers(0, len(entries) - 1))
    entries[at] = entries[at]._replace(body=b"changed by hand, and longer than any")
    assert proved({"school": entries}, keys)[1] == {
        "school": hash_chain.ChainBreak(at + 1, "changed")
    }


def test_the_root_is_the_merkle_tree_hash_of_rfc_9162():
    def leaf(data):
        return hashlib.sha256(b"\x00" + data).digest()

    def node(left, right):
        return hashlib.sha256(b"\x01" + left + right).digest()

    a, b, c, d, e = (bytes([i]) for i in range(5))
    assert hash_chain.merkle_root([]) == hashlib.sha256(b"").digest()
    assert hash_chain.merkle_root([a]) == leaf(a)
    assert hash_chain.merkle_root([a, b, c]) == node(node(leaf(a), leaf(b)), leaf(c))
    assert hash_chain.merkle_root([a, b, c, d, e]) == node(
        node(node(leaf(a), leaf(b)), node(leaf(c), leaf(d))), leaf(e)
    )
