"""The roster reader against a service that follows 1EdTech's own description of OneRoster 1.2."""

import pytest
import requests

from apps.core.http_client import HttpClient
from apps.linkage.connectors.contract import AuthError, FormatError, TransientError
from apps.linkage.connectors.oneroster import COLLECTIONS, OneRosterClient

pytestmark = pytest.mark.peer


def reader(prism, code=None):
    """A reader that has a token already (the description has no token endpoint)."""
    client = HttpClient(trusted=[prism])
    if code is not None:
        client.headers["Prefer"] = f"code={code}"
    found = OneRosterClient(prism, f"{prism}/token", ("id", "secret"), client=client)
    found.url, found.token, found.renewals = prism, "given", 1
    return found


def test_it_answers(prism):
    assert reader(prism).check() == "名簿の サーバーが 答えました。"


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_collection_is_asked_for_in_a_way_the_description_allows(prism, name):
    found = reader(prism)
    answer = found._get(f"{prism}/{name}", found._query(0))
    items = found._items(name, answer)
    assert items
    assert all(isinstance(item["sourcedId"], str) for item in items)


def test_changes_are_asked_for_in_a_way_the_description_allows(prism):
    query = {"limit": 1, "filter": "dateLastModified>'2026-11-01T00:00:00Z'"}
    assert reader(prism)._items("users", reader(prism)._get(f"{prism}/users", query))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, FormatError), (401, AuthError), (403, AuthError), (404, FormatError),
        (429, TransientError), (500, TransientError),
    ],
)  # fmt: skip
def test_every_error_of_the_description_has_its_name_and_a_sentence(prism, code, error):
    with pytest.raises(error, match="。"):
        reader(prism, code).check()


def test_without_a_token_nobody_comes_in(prism):
    assert requests.get(f"{prism}/users", timeout=20).status_code == 401
