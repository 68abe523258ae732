"""A class's day as counts, a student's weeks with a reason; others get 404."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn, CheckInSettings
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.reading import first_views_of
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.people.models import Guardian, User
from apps.vault.services.sealed_content import OpeningReason
from tests import factories

DAY = reverse("admin:checkins_day")
HOME, DAYS = reverse("portal:home"), reverse("checkins:days")


def send(student, answers, on=None):
    check_in = submit(
        student=student, question_set=current_question_set(), answers=answers,
        client_key=uuid.uuid4(), answered_on=on,
    )  # fmt: skip
    return CheckIn.objects.get(pk=check_in)


def class_url(school_class):
    return reverse("admin:checkins_class", args=[school_class.pk])


def weeks_url(student):
    return reverse("admin:checkins_weeks", args=[student.pk])


def opened():
    return AuditEvent.objects.filter(action=Action.SEALED_OPENED)


@pytest.fixture
def full(offered):
    """A class of four: two answered, one has not, one is not asked."""
    offered.haru = factories.student(offered.class_1, "はる", number=2)
    offered.sora = factories.student(offered.class_1, "そら", number=3)
    factories.student(offered.class_1, "なつ", number=4)
    for student in (offered.haru, offered.sora):
        factories.make_effective(student, Purpose.CHECKIN_REVIEW)
    send(offered.sakura, {"mood": 3, "words": "げんきです"})
    send(offered.haru, {"mood": 2, "talk": 2})
    return offered


# -- the class's day ------------------------------------------------------------------------------


def test_the_day_counts_and_names_nobody(full, sign_in):
    page = sign_in(full.homeroom.user).get(DAY).content.decode()
    row = page[page.index("1年1組") :].replace(" ", "")
    assert "<td>2</td><td>1</td><td>4</td><td>3</td>" in row
    assert "そら" not in page and "さくら" not in page
    assert "2年1組" not in page
    assert not opened().exists()


def test_a_teacher_opens_the_day_of_a_class_without_their_own_child(full, sign_in):
    master = uuid.uuid4()
    full.homeroom.master_id = master
    full.homeroom.save(update_fields=["master_id"])
    Guardian.objects.filter(pk=full.midori.pk).update(master_id=master)
    parent = sign_in(User.objects.get(pk=full.homeroom.user_id))
    reason = {"reason": OpeningReason.MEETING}
    page = parent.post(f"{class_url(full.class_1)}?on={today()}", reason, follow=True)
    assert page.status_code == 200
    assert [event.subject_id for event in opened()] == [full.haru.pk]
    assert "げんきです" not in page.content.decode()
    assert parent.post(weeks_url(full.sakura), reason, follow=True).status_code == 403
    assert [event.subject_id for event in opened()] == [full.haru.pk]


def test_who_asked_to_talk_comes_first_and_each_opening_is_recorded(full, sign_in):
    staff = sign_in(full.homeroom.user)
    assert "げんきです" not in staff.get(class_url(full.class_1)).content.decode()
    page = staff.post(class_url(full.class_1), {"reason": "meeting"}, follow=True).content.decode()
    assert page.index("はる") < page.index("さくら")
    assert page.index("話したい</span>") < page.index("はる")
    assert "げんきです" in page
    assert "そら" not in page
    assert {event.subject_id for event in opened()} == {full.sakura.pk, full.haru.pk}
    assert {event.reason_code for event in opened()} == {"meeting"}


@pytest.mark.parametrize("reason", ["", "curious"])
def test_without_a_reason_nothing_of_the_class_opens(full, sign_in, reason):
    page = sign_in(full.nurse.user).post(class_url(full.class_1), {"reason": reason}, follow=True)
    assert page.status_code == 422
    assert "げんきです" not in page.content.decode()
    assert not opened().exists()


def test_another_day_is_another_page_and_nonsense_is_today(full, sign_in):
    staff = sign_in(full.nurse.user)
    yesterday = {"on": (today() - timedelta(1)).isoformat()}
    assert "<td>0</td><td>3</td>" in staff.get(DAY, yesterday).content.decode()
    assert "<td>2</td><td>1</td>" in staff.get(DAY, {"on": "not-a-day"}).content.decode()
    page = staff.post(
        f"{class_url(full.class_1)}?on={yesterday['on']}", {"reason": "meeting"}, follow=True
    )
    assert "この日の答えはありません" in page.content.decode()


def test_after_a_class_more_the_day_asks_no_more_queries(full, sign_in):
    staff = sign_in(full.nurse.user)
    staff.get(DAY)
    with CaptureQueriesContext(connection) as few:
        staff.get(DAY)
    for n in range(4):
        factories.student(factories.school_class(full.school, f"3年{n}組", "J3"), number=n)
    with CaptureQueriesContext(connection) as many:
        staff.get(DAY)
    assert len(many) == len(few)


# -- a student's weeks ----------------------------------------------------------------------------


def test_the_weeks_open_with_a_reason_and_one_record(full, sign_in):
    for n in range(1, 5):
        send(full.sakura, {"mood": 4 - n}, today() - timedelta(n))
    send(full.sakura, {"mood": 0}, today() - timedelta(40))
    staff = sign_in(full.nurse.user)
    assert "とても" not in staff.get(weeks_url(full.sakura)).content.decode()
    page = staff.post(weeks_url(full.sakura), {"reason": "sign"}, follow=True).content.decode()
    assert page.count('<th scope="row">') == 5
    assert "いい日が増えて" in page
    assert opened().count() == 1
    assert staff.post(weeks_url(full.sakura), {}).status_code == 422


@pytest.mark.parametrize("who", ["officer", "helpdesk", "away_nurse"])
def test_others_find_neither_class_nor_student(full, sign_in, who):
    staff = sign_in(getattr(full, who).user)
    for url in (class_url(full.class_1), weeks_url(full.sakura)):
        assert staff.post(url, {"reason": "sign"}, follow=True).status_code == 404
    assert "1年1組" not in staff.get(DAY).content.decode()
    assert not opened().exists()


def test_a_homeroom_teacher_finds_only_the_own_class(full, sign_in):
    staff = sign_in(full.homeroom.user)
    factories.make_effective(full.ren, Purpose.CHECKIN_REVIEW)
    send(full.ren, {"mood": 1})
    assert staff.post(class_url(full.class_2), {"reason": "sign"}, follow=True).status_code == 404
    assert staff.post(weeks_url(full.ren), {"reason": "sign"}, follow=True).status_code == 404


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_families_do_not_enter_here(full, sign_in, who):
    browser = sign_in(getattr(full, who).user)
    for url in (DAY, class_url(full.class_1), weeks_url(full.sakura)):
        assert browser.get(url).status_code in (302, 403)


def test_nobody_comes_in_without_signing_in(client, full):
    assert client.get(DAY).status_code == 302


# -- 「見ました」 ---------------------------------------------------------------------------------------


def test_the_student_is_told_by_role_only_where_the_school_tells(full, sign_in):
    sign_in(full.nurse.user).post(weeks_url(full.sakura), {"reason": "sign"}, follow=True)
    assert first_views_of(full.sakura) == []
    CheckInSettings.objects.create(municipality=full.city, school=full.school, tells_when_seen=True)
    sign_in(full.homeroom.user).post(weeks_url(full.sakura), {"reason": "sign"}, follow=True)
    assert first_views_of(full.sakura) == [(today(), "nurse")]  # whoever was first
    browser = sign_in(full.sakura.user)
    for url in (HOME, DAYS):
        assert "ほけんしつ" in browser.get(url).content.decode()
    assert "ほけんしつ" not in sign_in(full.haru.user).get(DAYS).content.decode()


def test_looking_for_safety_is_not_told(full, sign_in):
    CheckInSettings.objects.create(municipality=full.city, school=full.school, tells_when_seen=True)
    sign_in(full.nurse.user).post(weeks_url(full.sakura), {"reason": "safety"}, follow=True)
    assert first_views_of(full.sakura) == []
    assert CheckIn.objects.filter(seen_at=None).count() == 2


def test_the_principal_switches_it_on_for_the_own_school(full, sign_in):
    url = reverse("admin:checkins_checkinsettings_add")
    principal = sign_in(full.principal.user)
    assert full.away_school.name not in principal.get(url).content.decode()
    principal.post(url, {"school": full.school.pk, "tells_when_seen": "on"})
    assert CheckInSettings.objects.get().tells_when_seen
    assert AuditEvent.objects.filter(thing="checkins.CheckInSettings").count() == 1
    principal.post(url, {"school": full.away_school.pk, "tells_when_seen": "on"})
    assert CheckInSettings.objects.count() == 1
    assert sign_in(full.nurse.user).get(url).status_code == 403
