"""Variants that other vendors' OneRoster servers send: read as meant, or refused by row."""

import datetime as dt
import json
from pathlib import Path

import pytest

from apps.linkage.connectors import oneroster_tables
from apps.roster.oneroster.zip_writer import write_zip
from tests.linkage.oneroster_server import YEAR, Server, item, reader, running, whole
from tests.roster.read_rosters import read

INPUTS = Path(__file__).parent / "inputs"
pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def base(server):
    with running(server) as url:
        yield url


def rows(base):
    return reader(base).read(dt.date(YEAR, 11, 20))[0]


def input_of(folder, name):
    return json.loads((INPUTS / f"oneroster-rest-{folder}" / f"{name}.json").read_text())[name]


def tables(day=dt.date(2026, 11, 28), **changed):
    return oneroster_tables.to_csv_tables({**whole(), **changed}, day)


# -- totals that are none -------------------------------------------------------------------------


def test_a_total_that_is_the_page_size_is_not_taken_for_the_whole(server, base):
    server.largest, server.total_of = 3, lambda page, data: min(3, len(data))
    assert len(rows(base)["users"]) == 7


def test_a_total_that_counts_each_page_is_not_taken_for_the_whole(server, base):
    server.largest, server.total_of = 3, lambda page, data: len(page)
    assert len(rows(base)["users"]) == 7


def test_a_total_of_zero_beside_items_is_passed_over(server, base):
    server.largest, server.total_of = 3, lambda page, data: 0
    assert len(rows(base)["users"]) == 7


def test_a_server_that_knows_no_offset_is_read_once(server, base):
    server.largest, server.ignores_offset = 500, True
    assert len(rows(base)["users"]) == 7


def test_a_collection_of_exactly_one_page_is_asked_for_one_more(server, base):
    server.largest = 7
    assert len(rows(base)["users"]) == 7
    requests_seen = [query["offset"] for name, query, _ in server.requests_seen if name == "users"]
    assert requests_seen == ["0", "7"]


# -- shapes ---------------------------------------------------------------------------------------


def test_flat_metadata_is_read_like_nested():
    (user,) = tables(users=input_of("flat-metadata", "users"))["users"]
    assert (user["metadata.jp.kanaGivenName"], user["metadata.jp.kanaFamilyName"]) == (
        "タロウ", "テスト",
    )  # fmt: skip
    assert user["metadata.jp.homeClass"] == "c0935e31-e98a-46d8-bd8b-831a26fcaef5"
    (seat,) = tables(enrollments=input_of("flat-metadata", "enrollments"))["enrollments"]
    assert (seat["metadata.jp.ShussekiNo"], seat["metadata.jp.PublicFlg"]) == ("7", "true")


def test_a_lone_surrogate_is_refused_as_a_row_with_its_place(server, base):
    (broken,) = input_of("lone-surrogate", "users")
    server.data["users"][0] |= {"preferredLastName": "", "familyName": broken["familyName"]}
    found = read(write_zip(rows(base)))
    assert [(p.file, p.line, p.column) for p in found.problems] == [("users.csv", 2, "familyName")]


@pytest.mark.parametrize("name", ["sourcedId", "givenName", "userIds", "grades", "metadata"])
def test_a_lone_surrogate_anywhere_ends_in_words(server, base, name):
    odd = "\udc00x"
    values = {
        "userIds": [{"type": "C4th", "identifier": odd}], "grades": [odd],
        "metadata": {"jp": {"kanaGivenName": odd, "kanaFamilyName": odd}},
    }  # fmt: skip
    server.data["users"][0][name] = values.get(name, odd)
    found = read(write_zip(rows(base)))
    assert found.is_error_free or found.problems


def test_of_two_years_with_slashes_that_of_today_is_read():
    (year,) = tables(academicSessions=input_of("two-years-slash", "academicSessions"))[
        "academicSessions"
    ]
    assert year["title"] == "2026年度"


@pytest.mark.parametrize("begin", ["2026-4-1", "2026/4/1", "2026.04.01", "2026-04-01T00:00:00Z"])
def test_a_beginning_is_read_in_any_spelling(begin):
    past = item(
        "y0", title="2025年度", type="schoolYear", startDate="2025/4/1", endDate="2026/3/31"
    )
    now = item("y1", title="2026年度", type="schoolYear", startDate=begin, endDate="2027/3/31")
    (year,) = tables(academicSessions=[past, now])["academicSessions"]
    assert year["sourcedId"] == "y1"


def test_years_whose_dates_cannot_be_read_are_left_to_the_reader_to_refuse():
    years = [item(f"y{n}", title="2026年度", type="schoolYear", startDate="?") for n in range(2)]
    assert len(tables(academicSessions=years)["academicSessions"]) == 2
