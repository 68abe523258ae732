"""What is stored in fewer bytes is read as it was written."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from apps.core.compact_fields import (
    UNKNOWN_NUMBER,
    CodeField,
    numbers_in_words,
    packed_identifier,
    unpacked_identifier,
)

NUMBERS = {"": 0, "seen": 1, "opened": 7}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@given(texts)
def test_every_id_is_read_as_it_was_written(text):
    assert unpacked_identifier(packed_identifier(text)) == text


@given(st.uuids())
def test_a_uuid_takes_sixteen_bytes(number):
    assert packed_identifier(str(number)) == number.bytes
    assert unpacked_identifier(number.bytes) == str(number)


def test_a_text_of_sixteen_bytes_is_no_uuid():
    assert unpacked_identifier(packed_identifier("sixteen letters!")) == "sixteen letters!"


def test_a_uuid_in_another_spelling_stays_as_it_was_spelt():
    for spelling in (uuid.UUID(int=5).hex, str(uuid.UUID(int=0xABC)).upper()):
        assert unpacked_identifier(packed_identifier(spelling)) == spelling


def test_a_code_is_stored_as_its_number_and_read_as_the_code():
    field = CodeField(numbers=NUMBERS)
    for code, number in NUMBERS.items():
        assert field.get_prep_value(code) == number
        assert field.from_db_value(number, None, None) == code


def test_a_code_without_a_number_is_found_nowhere():
    assert CodeField(numbers=NUMBERS).get_prep_value("other") == UNKNOWN_NUMBER


def test_the_column_says_what_its_numbers_mean():
    assert numbers_in_words(NUMBERS) == "0 (none); 1 seen; 7 opened"
