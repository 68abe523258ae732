"""Links of a paged list say after which row a page begins, and nothing else."""

import datetime as dt

import pytest
from django.test import RequestFactory

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.core.page_links import requested_page
from apps.core.sealed_tokens import seal_token

NEWEST_FIRST = ("-at", "-id")


@pytest.fixture
def seven(db):
    """Seven events, three of them of one moment; the newest first."""
    events = [record(Action.SIGNED_IN) for _ in range(7)]
    return sorted(events, key=lambda event: (event.at, event.pk), reverse=True)


def page(query="", name=""):
    request = RequestFactory().get(f"/{query}")
    return requested_page(request, AuditEvent.objects.all(), NEWEST_FIRST, 3, name=name)


def test_older_pages_hold_every_row_once_and_lead_back(seven, time_machine):
    pages = [page()]
    while pages[-1].older:
        pages.append(page(pages[-1].older))
    assert [[row.pk for row in each.rows] for each in pages] == [
        [event.pk for event in seven[:3]], [event.pk for event in seven[3:6]], [seven[6].pk],
    ]  # fmt: skip
    assert pages[0].newer == ""
    assert [row.pk for row in page(pages[2].newer).rows] == [event.pk for event in seven[3:6]]
    assert page(pages[1].newer).rows == pages[0].rows


def test_rows_of_one_moment_are_neither_left_out_nor_shown_twice(db, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 20, tzinfo=dt.UTC), tick=False)
    made = {record(Action.SIGNED_IN).pk for _ in range(7)}
    first = page()
    second = page(first.older)
    third = page(second.older)
    shown = [row.pk for each in (first, second, third) for row in each.rows]
    assert set(shown) == made
    assert len(shown) == 7


def test_a_row_that_came_meanwhile_moves_no_other(seven):
    older = page().older
    before = [row.pk for row in page(older).rows]
    record(Action.SIGNED_IN)
    assert [row.pk for row in page(older).rows] == before


@pytest.mark.parametrize(
    "query",
    [
        "?after=nonsense",
        "?after=" + "A" * 5000,
        "?after=%00%ff",
        "?before=1&after=2",
        "?after=" + seal_token("another purpose", b'["2026-11-20T00:00:00+00:00",1]'),
    ],
)
def test_what_is_no_link_of_ours_leads_to_the_first_page(seven, query):
    assert page(query).rows == page().rows


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b'["x",1]', b'["2026-11-20T00:00:00+00:00"]', b"\xff"]
)
def test_a_link_of_another_list_leads_to_the_first_page(seven, content):
    token = seal_token("the row after which a page begins", content)
    assert page(f"?after={token}").rows == page().rows


def test_a_link_shows_no_number_of_a_row(seven):
    assert str(seven[2].pk) not in page().older.split("=", 1)[0]
    assert page().older != page().older  # sealed anew each time


def test_two_lists_of_one_page_do_not_move_each_other(seven):
    older = page(name="one_").older
    assert page(older, name="one_").rows != page().rows
    assert page(older, name="other_").rows == page().rows
