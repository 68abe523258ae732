"""Fixtures: a draft the officer wrote, and its publication."""

from types import SimpleNamespace

import pytest

from apps.notices.models import Notice, NoticeState
from apps.notices.services import drafts, inbox, organisations, publication
from tests import factories


@pytest.fixture
def notice(cast):
    return Notice.objects.create(
        municipality=cast.city, title="｜話《はな》せる ｜場所《ばしょ》", body="**みんな**へ",
        written_by=cast.officer.user,
    )  # fmt: skip


@pytest.fixture
def publish(cast):
    """Publish a draft: the author submits it, a second person checks and publishes it."""

    def out(notice):
        if notice.state == NoticeState.DRAFT:
            drafts.submit_draft(notice, by=cast.officer.user)
        return publication.publish_notice(notice, by=cast.principal.user)

    return out


@pytest.fixture
def places(cast):
    organisations.install_seed_organisations(cast.city)


@pytest.fixture
def crowd(cast):
    """Two more classes, 30 students each; ``.seen(notice, n_1, n_2)`` lets so many look."""
    third = factories.school_class(cast.school, "1年2組", "J1")
    ones = [factories.student(cast.class_1, f"一{n}", number=n) for n in range(2, 31)]
    twos = [factories.student(third, f"二{n}", number=n) for n in range(1, 31)]

    def seen(notice, n_1, n_2):
        for student in [*ones[:n_1], *twos[:n_2]]:
            inbox.mark_shown(student.user, inbox.inbox_for(student.user))

    return SimpleNamespace(third=third, ones=ones, twos=twos, seen=seen)


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)
