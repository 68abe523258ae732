"""A notice is in the inbox of every student of its audience, at once, whatever they agreed to."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.notices.models import Notice, NoticeReceipt, NoticeState
from apps.notices.services import drafts, inbox, publication, publication_rules
from apps.people.models import Student
from apps.people.services.person_accounts import accounts_of_person
from apps.push.models import Broadcast
from tests import factories
from tests.push.browser_keys import device


def titles(user):
    return [item.notice.title for item in inbox.inbox_for(user)]


def test_every_student_has_it_consenting_or_not(cast, notice, publish):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    publish(notice)
    for student in (cast.sakura, cast.ren):
        assert [item.notice for item in inbox.inbox_for(student.user)] == [notice]


def test_a_student_who_comes_later_has_it_too(cast, notice, publish):
    publish(notice)
    late = factories.student(cast.class_1, "あとから", number=9)
    assert [item.notice for item in inbox.inbox_for(late.user)] == [notice]


def test_a_student_who_left_has_it_no_more(cast, notice, publish):
    publish(notice)
    type(cast.sakura).objects.filter(pk=cast.sakura.pk).update(left_at=timezone.now())
    assert titles(cast.sakura.user) == []


def test_guardians_have_it_only_if_it_is_for_them(cast, notice, publish):
    publish(notice)
    assert inbox.inbox_for(cast.midori.user)
    Notice.objects.update(for_guardians=False)
    assert inbox.inbox_for(cast.midori.user) == []


def test_schools_and_grades_narrow_it_and_nothing_else_can(cast, notice, publish):
    notice.grades = ["J2"]
    notice.save()
    publish(notice)
    assert inbox.inbox_for(cast.sakura.user) == []
    assert inbox.inbox_for(cast.ren.user)


def test_the_inbox_and_the_audience_name_the_same_students(cast, notice):
    """NoticeQuerySet.meant_for is Notice.audience() inverted: every combination of the two."""
    other = factories.school(cast.city, "C117220600099", "べつの中学校(架空)")
    factories.student(factories.school_class(other, "2年1組", "J2"))
    factories.student(factories.school_class(cast.away_nurse.school, "1年1組", "J1"))
    left = factories.student(cast.class_1, "やめた", number=9)
    type(left).objects.filter(pk=left.pk).update(left_at=timezone.now())
    students = list(Student.objects.enrolled())
    assert len({(s.municipality_id, s.school_id, s.grade) for s in students}) == 4
    for schools, grades in product(
        [(), (cast.school,), (other,), (cast.school, other)], [[], ["J1"], ["J2"], ["J1", "J3"]]
    ):
        notice.schools.set(schools)
        notice.grades = grades
        notice.save()
        of_audience = set(notice.audience().students())
        meant = {s for s in students if Notice.objects.meant_for([s]).exists()}
        assert of_audience == meant


def test_no_field_of_a_notice_could_say_anything_about_a_student():
    """The audience is municipality, schools, grades and guardians: a new field needs a reason."""
    fields = {field.name for field in Notice._meta.get_fields() if not field.auto_created}
    assert fields == {
        "id", "municipality", "schools", "grades", "for_guardians",
        "title", "body", "organisations", "is_urgent", "publish_at", "expires_at",
        "state", "written_by", "submitted_at", "published_by", "push_sent_at",
        "corrects", "change_note", "withdrawn_at", "withdrawn_words",
    }  # fmt: skip


def test_another_city_does_not_have_it(cast, notice, publish, sign_in):
    away = factories.student(factories.school_class(cast.away_school))
    publish(notice)
    assert inbox.inbox_for(away.user) == []
    url = reverse("notices:notice", args=[notice.pk])
    assert sign_in(away.user).get(url).status_code == 404


@pytest.mark.parametrize("state", [NoticeState.DRAFT, NoticeState.WAITING])
def test_what_is_not_published_is_not_there(cast, notice, sign_in, state):
    Notice.objects.update(state=state, submitted_at=timezone.now())
    url = reverse("notices:notice", args=[notice.pk])
    assert sign_in(cast.sakura.user).get(url).status_code == 404


def test_publishing_twice_is_refused_and_sent_once(cast, notice, publish):
    device(cast.sakura.user)
    publish(notice)
    with pytest.raises(publication_rules.PublicationRefused, match="確認待ち"):
        publication.publish_notice(notice, by=cast.principal.user)
    assert Broadcast.objects.count() == 1


def test_an_urgent_notice_is_sent_urgently(cast, notice, publish):
    Notice.objects.update(is_urgent=True)
    publish(notice)
    assert Broadcast.objects.get().is_urgent is True


def test_publishing_leaves_one_record(cast, notice, publish):
    publish(notice)
    assert AuditEvent.objects.filter(action=Action.NOTICE_PUBLISHED).count() == 1


def test_a_scheduled_notice_waits_and_is_then_sent_once(cast, notice, publish):
    device(cast.sakura.user)
    notice.publish_at = timezone.now() + timedelta(hours=1)
    notice.save()
    publish(notice)
    assert inbox.inbox_for(cast.sakura.user) == []
    assert publication.publish_due() == 0
    Notice.objects.update(publish_at=timezone.now() - timedelta(minutes=1))
    assert publication.publish_due() == 1
    assert publication.publish_due() == 0
    assert Broadcast.objects.count() == 1


def test_looking_marks_shown_and_opening_marks_opened(cast, notice, publish, sign_in):
    publish(notice)
    browser = sign_in(cast.sakura.user)
    assert "あたらしい" in browser.get(reverse("notices:inbox")).content.decode()
    receipt = NoticeReceipt.objects.get()
    assert receipt.opened_at is None
    browser.get(reverse("notices:notice", args=[notice.pk]))
    receipt.refresh_from_db()
    assert receipt.opened_at is not None
    assert "あたらしい" not in browser.get(reverse("notices:inbox")).content.decode()


@pytest.mark.parametrize("who", ["sakura", "midori"])
def test_the_inbox_of_many_notices_costs_no_more_queries(cast, notice, publish, sign_in, who):
    browser, url = sign_in(getattr(cast, who).user), reverse("notices:inbox")

    def queries():
        browser.get(url)
        with CaptureQueriesContext(connection) as captured:
            browser.get(url)
        return len(captured)

    publish(notice)
    before = queries()
    for n in range(10):
        new_notice = Notice.objects.create(
            municipality=cast.city, title=f"題{n}", body="本文", written_by=cast.officer.user
        )
        publish(new_notice)
    for n in range(10):
        factories.student(cast.class_1, f"生徒{n}", number=20 + n)
    assert queries() == before
    assert NoticeReceipt.objects.filter(user=getattr(cast, who).user).count() == 11


def test_publishing_asks_as_much_for_many_students_as_for_two(cast, notice, publish):
    def queries(one):
        drafts.submit_draft(one, by=cast.officer.user)
        with CaptureQueriesContext(connection) as captured:
            publication.publish_notice(one, by=cast.principal.user)
        return len(captured)

    second = Notice.objects.create(
        municipality=cast.city, title="題", body="本文", written_by=cast.officer.user
    )
    assert cast.principal.user.current_posts  # asked once a request
    assert accounts_of_person(cast.principal.user)
    queries_of_two = queries(notice)
    for n in range(40):
        device(factories.student(cast.class_1, f"生徒{n}", number=n + 10).user)
    assert queries(second) == queries_of_two


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", '<img src=x onerror="alert(1)">',
     "｜<b>《<i>》", "<a href='data:text/html,x'>x</a>", "![x](https://evil.example/x.png)",
     "[x](<https://a.example/\"onmouseover=\"alert(1)>)", "｜話《</rt><script>alert(1)</script>》"],
)  # fmt: skip
def test_a_notice_can_carry_no_script(cast, notice, publish, sign_in, evil):
    Notice.objects.update(title=evil[:120], body=evil)
    publish(notice)
    browser, desk = sign_in(cast.sakura.user), sign_in(cast.officer.user)
    pages = [
        browser.get(url).content.decode()
        for url in (reverse("notices:notice", args=[notice.pk]), reverse("notices:inbox"), "/")
    ] + [
        desk.get(reverse(f"admin:notices_notice_{name}", args=[notice.pk])).content.decode()
        for name in ("review", "preview")
    ]
    for text in pages:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "evil.example/x.png" not in text or "<img" not in text
        assert 'href="javascript:' not in text
        assert "<a href='data:" not in text
        assert ' onmouseover="' not in text


def test_pages_are_only_read(cast, sign_in, notice):
    browser = sign_in(cast.sakura.user)
    for url in (reverse("notices:inbox"), reverse("notices:notice", args=[notice.pk])):
        assert browser.post(url).status_code == 405


def test_the_inbox_asks_for_sign_in(client, notice):
    assert client.get(reverse("notices:inbox")).status_code == 302
    assert client.get(reverse("notices:notice", args=[notice.pk])).status_code == 302
