"""The inbox shows some notices a page, and counts unread ones without reading it."""

import datetime as dt

import pytest
from django.urls import reverse

from apps.core import clock
from apps.notices.models import Notice, NoticeReceipt, NoticeState
from apps.notices.services import inbox
from tests.query_plans import statements_of, unbounded_scans

GROWING = {"notices_notice", "notices_noticereceipt", "consent_consentmessage"}
PEOPLE = ["sakura", "midori"]


@pytest.fixture
def publish(cast):
    """``publish(n)``: n notices for everybody in the city, one a minute."""

    def make(n):
        have = Notice.objects.count()
        Notice.objects.bulk_create(
            Notice(
                municipality=cast.city, title=f"お知らせ {have + number}", body="読んでください。",
                state=NoticeState.PUBLISHED, published_by=cast.officer.user,
                publish_at=clock.now() - dt.timedelta(days=9) + dt.timedelta(minutes=have + number),
            )
            for number in range(n)
        )  # fmt: skip

    return make


def titles(page):
    return [item.notice.title for item in page.context["items"]]


@pytest.mark.parametrize("who", PEOPLE)
def test_older_notices_are_on_further_pages_and_count_as_shown_there(cast, publish, sign_in, who):
    publish(45)
    client = sign_in(getattr(cast, who).user)
    pages = [client.get(reverse("notices:inbox"))]
    assert NoticeReceipt.objects.count() == 20
    while pages[-1].context["page"].older:
        pages.append(client.get(reverse("notices:inbox") + pages[-1].context["page"].older))
    assert [len(titles(page)) for page in pages] == [20, 20, 5]
    assert [title for page in pages for title in titles(page)] == [
        f"お知らせ {number}" for number in range(44, -1, -1)
    ]
    assert NoticeReceipt.objects.count() == 45
    back = client.get(reverse("notices:inbox") + pages[1].context["page"].newer)
    assert titles(back) == titles(pages[0])


@pytest.mark.parametrize("who", PEOPLE)
def test_unread_notices_are_counted_up_to_a_bound(cast, publish, monkeypatch, who):
    publish(5)
    user = getattr(cast, who).user
    assert inbox.count_unread(user) == 5
    inbox.mark_opened(user, inbox.notices_for(user)[0])
    inbox.mark_shown(user, inbox.inbox_for(user))  # shown is not opened
    assert inbox.count_unread(user) == 4
    monkeypatch.setattr(inbox, "MAX_UNREAD_COUNTED", 3)
    assert inbox.count_unread(user) == 3


def test_the_first_page_reads_the_notices_it_shows(cast, publish, sign_in):
    publish(30)
    home = sign_in(cast.midori.user).get(reverse("portal:home"))
    assert [item.notice.title for item in home.context["inbox"]] == [
        "お知らせ 29", "お知らせ 28", "お知らせ 27",
    ]  # fmt: skip
    assert home.context["has_more_notices"]
    assert NoticeReceipt.objects.count() == 3
    student = sign_in(cast.sakura.user).get(reverse("portal:home"))
    assert student.context["newest"].notice.title == "お知らせ 29"
    assert student.context["n_new"] == 30


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", ["notices:inbox", "portal:home"])
def test_twice_the_notices_cost_the_same_statements(cast, publish, sign_in, who, name):
    client, counts = sign_in(getattr(cast, who).user), []
    for _ in range(2):
        publish(25)
        client.get(reverse(name))
        counts.append(len(statements_of(lambda: client.get(reverse(name)))))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("who", PEOPLE)
def test_the_inbox_reads_no_growing_table_whole(cast, publish, sign_in, who):
    publish(3)
    client = sign_in(getattr(cast, who).user)
    statements = statements_of(lambda: client.get(reverse("notices:inbox")))
    assert unbounded_scans(statements, GROWING) == []
