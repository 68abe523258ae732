"""Rate limits are in one table: code, document and allauth's rates agree."""

import ast
import uuid

import pytest
from django.conf import settings

from apps.core.limit_table import LIMIT_ROWS, LIMITS, as_document
from apps.core.limits import allow, is_exhausted, undo_try
from tests.code_files import CODE, ROOT

COUNTING = {"allow", "is_used_up", "take_back"}


def names_in_code():
    """[(file, limit name or None if it is not a literal)] of every call that counts."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            called = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and called in COUNTING:
                first = node.args[0]
                yield path, first.value if isinstance(first, ast.Constant) else None


def words_in_code():
    return {
        node.value
        for path in CODE
        if path.name != "limit_table.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_name_is_given_once():
    assert len(LIMITS) == len(LIMIT_ROWS)


def test_every_call_that_counts_names_a_row_of_the_table():
    named = [(path.name, name) for path, name in names_in_code() if name is not None]
    assert [each for each in named if each[1] not in LIMITS] == []
    assert len(named) >= 12
    # They go through a list of rows: names are literals of their own file, or of the providers.
    through_lists = {path.name for path, name in names_in_code() if name is None}
    assert through_lists == {"mail_limits.py", "pages.py", "sign_in_attempts.py"}


def test_every_row_is_used():
    words = words_in_code()
    ours = {name for name in LIMITS if not name.startswith("account.")}
    assert ours - words == set()
    rates = " ".join(filter(None, settings.ACCOUNT_RATE_LIMITS.values()))
    for row in LIMIT_ROWS:
        if row.name.startswith("account."):
            assert f"{row.amount}/{row.seconds}s/{row.per}" in rates


def test_the_document_is_the_table():
    assert (ROOT / "docs" / "security" / "limits.md").read_text() == as_document()


def test_a_name_that_is_not_in_the_table_is_refused():
    with pytest.raises(KeyError):
        allow("no such limit")


def test_tries_are_counted_and_the_first_too_many_is_told(db, hits):
    key = str(uuid.uuid4())
    assert [allow("push.trial", key) for _ in range(6)] == [True] * 5 + [False]
    assert hits == ["push.trial"]
    assert allow("push.trial", "somebody else")


def test_a_try_that_does_not_count_is_taken_back(db):
    key = str(uuid.uuid4())
    for _ in range(5):
        assert allow("push.trial", key)
        undo_try("push.trial", key)
    assert not is_exhausted("push.trial", key)
    undo_try("push.trial", "never tried")
    assert not is_exhausted("push.trial", "never tried")


@pytest.mark.parametrize(("name", "seconds_left"), [("signin.account", 3600), ("push.trial", 1)])
def test_the_time_of_a_limit_that_rests_begins_anew_with_each_try(db, name, seconds_left):
    from django.core.cache import cache  # noqa: PLC0415

    from apps.core.limits import _place  # noqa: PLC0415

    key = str(uuid.uuid4())
    allow(name, key)
    cache.touch(_place(name, key), 1)
    allow(name, key)
    client = cache._cache.get_client(write=True)
    left = client.ttl(cache.make_key(_place(name, key)))
    assert seconds_left - 2 < left <= seconds_left
