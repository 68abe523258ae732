"""Sealed content opens in its place under its key, and nowhere else."""

import base64
import contextlib
import uuid
from uuid import RFC_4122, UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import crypto
from apps.core.crypto import BadKeyRing, CannotUnseal, KeyRing
from apps.linkage.models import LinkedRecord
from apps.vault.data_keys import DataKey, RowSealer

keys = st.binary(min_size=32, max_size=32)
places = st.tuples(st.sampled_from("ab"), st.uuids(), st.uuids(), st.text(max_size=9), st.uuids())


def context(place):
    return "|".join(map(str, place)).encode()


def named(*ids):
    return ",".join(
        f"{name}:{base64.urlsafe_b64encode(name.encode() * 32).decode().rstrip('=')}"
        for name in ids
    )


@given(keys, st.binary(max_size=300), places)
def test_it_opens_in_its_place_and_is_never_twice_the_same(key, plain, place):
    sealed = crypto.seal(key, plain, context(place))
    assert crypto.unseal(key, sealed, context(place)) == plain
    assert crypto.seal(key, plain, context(place)) != sealed


@given(keys, st.binary(max_size=99), places, places, st.integers(0, 4))
def test_moved_to_another_table_row_student_purpose_or_key_it_does_not_open(
    key, plain, place, elsewhere, part
):
    moved = (*place[:part], elsewhere[part], *place[part + 1 :])
    sealed = crypto.seal(key, plain, context(place))
    if context(moved) != context(place):
        with pytest.raises(CannotUnseal):
            crypto.unseal(key, sealed, context(moved))


@given(keys, keys, st.binary(max_size=99))
def test_another_key_does_not_open_it(key, other, plain):
    if key != other:
        with pytest.raises(CannotUnseal):
            crypto.unseal(other, crypto.seal(key, plain, b"place"), b"place")


@given(keys, st.binary(max_size=99), st.data())
def test_one_flipped_bit_and_it_does_not_open(key, plain, data):
    sealed = bytearray(crypto.seal(key, plain, b"place"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotUnseal):
        crypto.unseal(key, sealed, b"place")


@given(keys, st.binary(max_size=60))
def test_bytes_that_are_no_seal_are_refused_as_such(key, noise):
    for bytes_ in (noise, crypto.VERSION + noise):
        with pytest.raises(CannotUnseal):
            crypto.unseal(key, bytes_, b"place")


@given(keys, keys, st.text(max_size=40), st.text(max_size=40))
def test_a_digest_names_one_text_to_one_key(key, other, text, another):
    named_so = _named(key, text)
    assert _named(key, text) == named_so
    assert (_named(key, another) == named_so) == (another == text)
    assert (_named(other, text) == named_so) == (other == key)


@given(keys, st.text(max_size=20), st.text(max_size=40), st.text(max_size=40))
def test_a_row_sealer_names_rows_as_their_key_does_and_seals_what_the_key_opens(
    raw, space, text, mark
):
    key = DataKey(uuid.uuid4(), uuid.uuid4(), "attendance", raw)
    row_sealer = RowSealer(key, LinkedRecord, space)
    name = UUID(bytes=row_sealer.name(text))
    digest = key.digest(f"{space}|{text}")
    assert (name.version, name.variant, name.bytes[:6]) == (8, RFC_4122, digest[:6])
    row = LinkedRecord(id=name, student_id=key.student_id, purpose=key.purpose, key_id=key.id)
    plain = orjson.dumps({"mark": mark})
    version = row_sealer.version(name.bytes, plain, b"2027")
    row.sealed = row_sealer.seal(name.bytes, version, plain)
    assert key.open(row) == {"mark": mark}
    assert row_sealer.seal(name.bytes, version, plain) == row.sealed
    row.id = uuid.uuid4()
    with pytest.raises(CannotUnseal):
        key.open(row)


@given(keys, st.binary(max_size=40), st.binary(max_size=40), st.booleans(), st.booleans())
def test_another_row_or_content_or_day_has_another_version_and_so_another_nonce(
    raw, plain, other, same_row, same_day
):
    row_sealer = RowSealer(
        DataKey(uuid.uuid4(), uuid.uuid4(), "attendance", raw), LinkedRecord, "source"
    )
    one, two = row_sealer.name("1"), row_sealer.name("1" if same_row else "2")
    versions = (
        row_sealer.version(one, plain, b"2027"),
        row_sealer.version(two, other, b"2027" if same_day else b"2028"),
    )
    sealed = [
        row_sealer.seal(*pair) for pair in ((one, versions[0], plain), (two, versions[1], other))
    ]
    is_same = same_row and same_day and plain == other
    assert (versions[0] == versions[1]) == is_same
    assert (sealed[0][1:13] == sealed[1][1:13]) == is_same


# -- the ring ---------------------------------------------------------------------------------


@given(keys, st.binary(min_size=1, max_size=40))
def test_after_rotation_old_wraps_open_and_new_ones_carry_the_newest(data_key, place):
    old, both, new = (KeyRing.parse(named(*ids)) for ids in ("a", "ba", "b"))
    name, wrapped = old.wrap(data_key, place)
    assert both.unwrap(name, wrapped, place) == data_key
    assert both.wrap(data_key, place)[0] == both.newest == "b"
    with pytest.raises(CannotUnseal):
        new.unwrap(name, wrapped, place)


def test_blind_indexes_know_what_older_keys_wrote():
    old, both = KeyRing.parse(named("a")), KeyRing.parse(named("n", "a"))
    assert both.blind_indexes("card", "12345")[1:] == old.blind_indexes("card", "12345")
    assert old.blind_indexes("card", "12345") != old.blind_indexes("letter", "12345")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "a",
        "a:",
        ":" + "A" * 43,
        "a:short",
        "a:" + "A" * 44,
        "a:" + "A" * 42 + "!",
        "a:" + "あ" * 43,
        "a:" + "A" * 21 + " " + "A" * 22,
        "x" * 21 + ":" + "A" * 43,
        named("a", "a"),
    ],
)
def test_a_bad_ring_is_refused_in_words_that_do_not_repeat_it(text):
    with pytest.raises(BadKeyRing, match="It must") as refusal:
        KeyRing.parse(text)
    assert "AAAA" not in str(refusal.value)


@given(st.text(max_size=80))
def test_any_other_text_is_a_ring_or_a_bad_ring(text):
    with contextlib.suppress(BadKeyRing):
        assert KeyRing.parse(text).keys


def test_padding_does_not_matter():
    assert KeyRing.parse("a:" + "A" * 43 + "=") == KeyRing.parse("a:" + "A" * 43)


def test_a_ring_does_not_show_its_keys():
    ring = KeyRing.parse(named("a"))
    assert repr(ring.keys[0][1]) not in repr(ring)


def _named(key, text):
    return crypto.keyed_name(crypto.derive(key, "digest"), text)
