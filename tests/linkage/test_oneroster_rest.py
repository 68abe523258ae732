"""A roster is read completely over REST or not at all; every failure has its own error."""

import base64
import copy
import datetime as dt
import json
import os
from pathlib import Path

import pytest
from django.conf import settings

from apps.linkage.connectors.contract import AuthError, FormatError, TransientError
from apps.roster.oneroster.zip_writer import write_zip
from tests.linkage.oneroster_server import YEAR, Server, item, pupil, reader, running, whole
from tests.roster.read_rosters import read

INPUTS = Path(os.environ.get("KAGA_INPUTS") or settings.BASE_DIR.parent / "shared" / "inputs")
SAMPLES = INPUTS / "oneroster-rest"
TODAY = dt.date(YEAR, 11, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def base(server):
    with running(server) as url:
        yield url


def rows(base, **more):
    return reader(base, **more).read(TODAY)[0]


# -- complete ------------------------------------------------------------------------------------


def test_pages_are_read_to_the_end_and_make_a_roster(server, base):
    found = read(write_zip(rows(base)))
    assert found.is_error_free, found.problems
    assert [p.number for p in found.roster.pupils] == [1, 2, 3, 4, 5, 6, 7]
    assert {p.home_class for p in found.roster.pupils} == {"c1"}
    first = found.roster.pupils[0]
    assert (first.given_name, first.family_name, first.local_code) == ("はな1", "みほん", "1001")
    requests_seen = [query for name, query, _ in server.requests_seen if name == "users"]
    assert [query["offset"] for query in requests_seen] == ["0", "3", "6"]
    assert {query["sort"] for query in requests_seen} == {"sourcedId"}


def test_links_to_the_next_page_are_followed(server, base):
    server.links = True
    assert len(rows(base)["users"]) == 7


def test_without_totals_and_links_an_empty_page_is_the_end(server, base):
    server.totals = False
    assert len(rows(base)["users"]) == 7


def test_a_link_to_another_place_is_not_followed(server, base):
    server.links, server.next_link = True, "http://127.0.0.1:1/ims"
    with pytest.raises(FormatError, match="ほかの 場所"):
        rows(base)


def test_what_is_marked_as_deleted_is_left_out_with_what_hangs_on_it(server, base):
    server.data["users"][0]["status"] = "tobedeleted"
    server.data["users"][1]["status"] = "inactive"
    found = read(write_zip(rows(base)))
    assert found.is_error_free, found.problems
    assert len(found.roster.pupils) == 5


def test_guardians_are_known_by_the_students_who_name_them(server, base):
    parent = pupil(900, agents=[])
    parent["grades"] = []
    server.data["users"][0]["agents"] = [{"sourcedId": "u0900"}]
    server.data["users"].append(parent)
    assert read(write_zip(rows(base))).roster.links == {("u0900", "u0001")}


def test_of_several_school_years_the_one_of_today_is_read(server, base):
    past = item("y0", title=f"{YEAR - 1}年度", type="schoolYear", startDate=f"{YEAR - 1}-04-01",
                endDate=f"{YEAR}-03-31")  # fmt: skip
    server.data["academicSessions"].insert(0, past)
    assert read(write_zip(rows(base))).roster.school_year == YEAR


def test_the_same_tables_are_the_same_bytes_in_any_order(base):
    tables = rows(base)
    turned = {name: list(reversed(found)) for name, found in tables.items()}
    assert write_zip(tables) == write_zip(turned)


# -- a moving roster ------------------------------------------------------------------------------


def test_a_roster_that_grew_once_while_read_is_read_again(server, base):
    def grow(name, offset):
        if name == "users" and offset == 3 and len(server.data["users"]) == 7:
            server.data["users"].insert(0, pupil(0))

    server.after = grow
    assert len(rows(base)["users"]) == 8


def test_a_roster_that_never_rests_is_left_for_later(server, base):
    def grow(name, offset):
        if name == "users":
            server.data["users"].append(pupil(100 + len(server.data["users"])))

    server.after = grow
    with pytest.raises(TransientError, match="変わりました"):
        rows(base)


def test_a_person_who_comes_twice_is_never_taken_for_the_truth(server, base):
    server.data["users"].append(copy.deepcopy(server.data["users"][0]))
    with pytest.raises(TransientError, match="変わりました"):
        rows(base)


def test_what_changed_since_and_what_vanished_is_noticed(server, base):
    asking = reader(base)
    _, totals = asking.read(TODAY)
    since = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    assert not asking.may_have_changed(since, totals)
    server.data["users"][3]["dateLastModified"] = "2026-11-02T00:00:00Z"
    assert asking.may_have_changed(since, totals)
    server.data["users"].pop(3)
    assert asking.may_have_changed(since, totals)


# -- signing in -----------------------------------------------------------------------------------


def test_the_secret_goes_as_basic_or_in_the_form(server, base):
    rows(base)
    rows(base, in_form=True)
    (basic, first), (none, second) = server.entered
    assert base64.b64decode(basic.split()[1]) == b"portal:secret"
    assert "client_secret" not in first
    assert none is None
    assert second["client_secret"] == "secret"
    assert second["grant_type"] == "client_credentials"


def test_where_the_wide_scope_is_refused_the_core_is_asked_for(server, base):
    server.scope = "roster-core.readonly"
    assert len(rows(base)["users"]) == 7


def test_a_token_that_ran_out_is_renewed_once(server, base):
    server.faults = [(401, {}, {})]
    assert len(rows(base)["users"]) == 7
    assert [bearer for *_, bearer in server.requests_seen][:2] == ["Bearer t1", "Bearer t2"]
    server.faults = [(401, {}, {}), (401, {}, {})]
    with pytest.raises(AuthError):
        rows(base)


# -- failures -------------------------------------------------------------------------------------

STATUS_INFO = {
    "imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_description": "秘密の 名前",
    "imsx_CodeMinor": {"imsx_codeMinorField": [
        {"imsx_codeMinorFieldName": "x", "imsx_codeMinorFieldValue": "invaliddata"}]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, AuthError), (429, TransientError), (500, TransientError), (302, FormatError),
     (404, FormatError), (422, FormatError)],
)  # fmt: skip
def test_each_answer_has_its_kind_of_failure(server, base, status, kind):
    server.faults = [(status, {"Location": f"{base}/token"}, {})]
    with pytest.raises(kind):
        rows(base)


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("soon", None), (None, None)])
def test_when_to_come_again_is_heard(server, base, said, seconds):
    server.faults = [(429, {"Retry-After": said} if said else {}, {})]
    with pytest.raises(TransientError) as raised:
        rows(base)
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize(
    "body", [STATUS_INFO, {**STATUS_INFO, "imsx_CodeMinor": None, "imsx_codeMinor": "invaliddata"}]
)
def test_the_code_of_an_error_is_told_and_never_its_free_text(server, base, body):
    server.faults = [(400, {}, body)]
    with pytest.raises(FormatError, match="invaliddata") as raised:
        rows(base)
    assert "秘密" not in str(raised.value)


@pytest.mark.parametrize("body", [[], {}, {"orgs": "x"}, "words", None])
def test_a_body_that_is_no_collection_is_refused(server, base, body):
    server.faults = [(200, {}, body)]
    with pytest.raises(FormatError):
        rows(base)


def test_a_body_without_end_is_not_read(server, base, monkeypatch):
    monkeypatch.setattr("apps.core.http_client.MAX_RESPONSE_BYTES", 1000)
    with pytest.raises(FormatError, match="大きすぎ"):
        rows(base)


def test_nobody_there_is_for_later(settings):
    settings.PRIVATE_SERVERS = ["http://127.0.0.1:1"]
    with pytest.raises(TransientError):
        rows("http://127.0.0.1:1")


@pytest.mark.parametrize("broken", [None, 5, [], {"sourcedId": "x"}, {"sourcedId": {}}])
@pytest.mark.parametrize("name", ["users", "enrollments", "classes", "orgs", "academicSessions"])
def test_any_item_ends_in_words_and_never_in_an_error(server, base, name, broken):
    server.data[name].append(broken)
    found = read(write_zip(rows(base)))
    assert found.is_error_free or found.problems


# -- a vendor's own samples -----------------------------------------------------------------------


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no samples at {SAMPLES} (set KAGA_INPUTS)")
def test_the_samples_of_a_vendor_are_read(server, base):
    for path in SAMPLES.glob("*.json"):
        server.data.update(json.loads(path.read_text()))
    server.data["orgs"].append(whole()["orgs"][0])  # the samples name a district but lack it
    found = read(write_zip(rows(base)))
    assert found.is_error_free, found.problems
    (only,) = found.roster.pupils
    assert (only.given_name, only.number, only.grade) == ("たろう", 1, "P1")
    assert only.home_class == found.roster.classes[0].source_id
