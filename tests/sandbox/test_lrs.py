"""The stand-in LRS follows the rules of xAPI 1.0.3 that a reader depends on."""

import uuid
from urllib.parse import urljoin

import pytest
import requests

from apps.sandbox.lrs_store import VOIDED_VERB
from tests.sandbox.lrs_server import serving

HEADERS = {"X-Experience-API-Version": "1.0.3"}


@pytest.fixture
def lrs(tmp_path):
    with serving(tmp_path / "lrs.sqlite3") as url:
        yield url


def statement(**changes):
    account = {"homePage": "https://portal.example/users", "name": "someone"}
    return {
        "id": str(uuid.uuid4()),
        "actor": {"objectType": "Agent", "account": account},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://drill.example/units/1"},
        **changes,
    }


def ask(method, url, path="/statements", **more):
    options = {"auth": ("demo", "demo"), "headers": HEADERS, **more}
    return requests.request(method, f"{url}{path}", timeout=10, **options)


def listed(lrs, **params):
    return [one["id"] for one in ask("GET", lrs, params=params).json()["statements"]]


def test_the_version_header_comes_first_then_who_asks(lrs):
    assert ask("GET", lrs, headers={}).status_code == 400
    assert ask("GET", lrs, auth=None).status_code == 401
    assert ask("GET", lrs, auth=("demo", "wrong")).status_code == 401
    answer = ask("GET", lrs)
    assert answer.json() == {"statements": [], "more": ""}
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert answer.headers["X-Experience-API-Consistent-Through"]


@pytest.mark.parametrize(
    "params", [{"colour": "red"}, {"limit": "-1"}, {"ascending": "yes"}, {"since": "yesterday"}]
)
def test_what_it_does_not_understand_is_refused(lrs, params):
    assert ask("GET", lrs, params=params).status_code == 400


@pytest.mark.parametrize("body", [{"verb": {}}, [1], {"id": "x"}, statement(actor="me")])
def test_what_is_no_statement_is_refused(lrs, body):
    assert ask("POST", lrs, json=body).status_code == 400
    assert listed(lrs) == []


def test_the_same_statement_twice_is_one_and_another_is_a_conflict(lrs):
    one = statement()
    assert ask("POST", lrs, json=one).json() == [one["id"]]
    assert ask("POST", lrs, json=[one]).status_code == 200
    assert ask("PUT", lrs, params={"statementId": one["id"]}, json=one).status_code == 204
    other = {**one, "object": {"id": "https://drill.example/units/2"}}
    assert ask("POST", lrs, json=[statement(), other]).status_code == 409
    assert ask("PUT", lrs, params={"statementId": one["id"]}, json=other).status_code == 409
    assert listed(lrs) == [one["id"]]


def test_since_is_after_and_until_is_up_to_a_stored_moment(lrs):
    first, second = statement(), statement()
    ask("POST", lrs, json=first)
    ask("POST", lrs, json=second)
    stored = ask("GET", lrs, params={"statementId": first["id"]}).json()["stored"]
    assert listed(lrs, since=stored) == [second["id"]]
    assert listed(lrs, until=stored) == [first["id"]]


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_more_leads_through_all_of_them_in_order(lrs, ascending):
    batch = [statement() for _ in range(7)]
    ask("POST", lrs, json=batch)
    found, path = [], f"/xapi/statements?limit=3&ascending={ascending}"
    while path:
        page = requests.get(
            urljoin(lrs, path), auth=("demo", "demo"), headers=HEADERS, timeout=10
        ).json()
        found += [one["id"] for one in page["statements"]]
        path = page["more"]
    expected = [one["id"] for one in batch]
    assert found == (expected if ascending == "true" else expected[::-1])


def test_a_voided_statement_is_only_found_as_a_voided_one(lrs):
    one = statement()
    voiding = statement(
        verb={"id": VOIDED_VERB}, object={"objectType": "StatementRef", "id": one["id"].upper()}
    )
    ask("POST", lrs, json=[one])
    ask("POST", lrs, json=[voiding])
    assert listed(lrs) == [voiding["id"]]
    assert ask("GET", lrs, params={"statementId": one["id"]}).status_code == 404
    assert ask("GET", lrs, params={"voidedStatementId": one["id"]}).json()["id"] == one["id"]


def test_statements_survive_a_restart(tmp_path):
    file, one = tmp_path / "lrs.sqlite3", statement()
    with serving(file) as url:
        ask("POST", url, json=one)
    with serving(file) as url:
        assert listed(url) == [one["id"]]
