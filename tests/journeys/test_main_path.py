"""The main path, end to end, in a real browser: roster, cards, letters, consent, check-in, notice,
linked data, signs, a case, withdrawal. Every page on the way passes axe and breaks no rule.
"""

import re
from datetime import timedelta

import pytest
from celery.contrib.testing.worker import start_worker
from playwright.sync_api import expect

from apps.cases.services import signs
from apps.checkins.models import CheckIn
from apps.checkins.services import question_sets, submissions
from apps.core.clock import today
from apps.core.storage_aliases import SOURCES
from apps.linkage.models import DataSource, LinkedRecord, SourceKind
from apps.linkage.services import deletion, sync_runs
from apps.notices.services import inbox
from apps.people.models import Guardian, Role, School, StaffPost, Student
from apps.vault.models import SubjectKey
from kaga_portal.celery import app
from tests import factories
from tests.journeys.main_path_steps import (
    answer_purposes,
    check_and_publish,
    check_in,
    confirm_arrival,
    confirm_first_pin,
    drop_attendance,
    guardian_signs_up,
    open_and_decide,
    print_for_class,
    publish_notice,
    set_password,
    staff_signs_in,
    student_assents,
    student_comes_in,
    upload_roster,
    wait_until,
)
from tests.push.conftest import push_service  # noqa: F401 - the stand-in that really decrypts
from tests.storage_folders import folder_of, use_folder

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_the_main_path(walker, officer, push_service, settings, tmp_path):  # noqa: F811
    use_folder(settings, SOURCES, tmp_path / "inbox")
    city = officer.current_posts[0].municipality

    # 1 staff bring the roster in; 2 and print cards and letters
    desk = staff_signs_in(walker, officer)
    desk.check("staff-today-empty")
    upload_roster(desk, tmp_path)
    school = School.objects.get()
    sakura = Student.objects.get(given_name="さくら")
    helper = factories.staff_post(
        Role.HELPDESK, of=city, email="help@mihon.example", name="ヘルプデスク"
    )
    set_password(helper.user)
    card = print_for_class(staff_signs_in(walker, helper.user), "cards", sakura.home_class)
    office = factories.staff_post(
        Role.OFFICE, school, email="jimu@mihon.example", name="事務の先生"
    )
    set_password(office.user)
    factories.protection_check(school, by=officer)
    printer = staff_signs_in(walker, office.user)
    print_for_class(printer, "letters", sakura.home_class)
    guardian = Guardian.objects.filter(guardianships__student=sakura).first()
    Guardian.objects.filter(pk=guardian.pk).update(family_kana="ア")
    letter = print_for_class(printer, "letters", sakura.home_class)

    # 3 a guardian follows the letter, is confirmed and answers; 4 the student answers too
    phone = guardian_signs_up(walker, letter)
    nurse = factories.staff_post(
        Role.NURSE, school, email="hoken@mihon.example", name="保健室の先生"
    )
    set_password(nurse.user)
    staff = staff_signs_in(walker, nurse.user)
    confirm_arrival(staff, guardian)
    phone.go("/")
    phone.check("guardian-home-new")
    phone.go(f"/consent/{sakura.pk}/")
    phone.check("guardian-consent")
    phone.page.locator("main a.button--solid").first.click()
    answer_purposes(phone, refuse={"income"})
    tablet = student_comes_in(walker, card)
    sakura.refresh_from_db()
    confirm_first_pin(staff, sakura)
    student_assents(tablet, sakura)
    others = Guardian.objects.filter(guardianships__student=sakura).exclude(
        user__email="hogosha@mihon.example"
    )
    assert not others.exists()
    assert set(SubjectKey.objects.filter(student=sakura).values_list("purpose", flat=True)) >= {
        "checkin_review", "attendance", "study_log",
    }  # fmt: skip
    check_in(tablet)
    assert CheckIn.objects.count() == 1
    for days_ago in (1, 2):  # the two days before were hard as well
        submissions.submit(
            student=sakura, question_set=question_sets.current_question_set("daily"), answers={"mood": 1},
            client_key=factories.uuid.uuid4(), answered_on=today() - timedelta(days=days_ago),
        )  # fmt: skip

    # 5 a notice reaches every student at once; the push message is sent over real HTTP
    push_service.device_of(sakura.user)
    colleague = factories.staff_post(
        Role.CITY, of=officer.staff_posts.get().municipality, email="kakunin@mihon.example"
    ).user
    set_password(colleague)
    second = staff_signs_in(walker, colleague)
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
        check_and_publish(second, publish_notice(desk))
        wait_until(lambda: push_service.messages())
    (arrived,) = push_service.messages()
    assert "お知らせが 1つ あります" in arrived["text"]
    tablet.go("/notices/")
    tablet.check("student-inbox")
    tablet.page.locator("main .rows a").first.click()
    tablet.check("student-notice")
    unconsenting = Student.objects.exclude(pk=sakura.pk).first()
    unconsenting.user = factories.user()
    unconsenting.save()
    assert len(inbox.inbox_for(unconsenting.user)) == 1

    # 6 linked data comes in, sealed; again changes nothing
    drop_attendance(folder_of(SOURCES) / city.code / school.code, sakura)
    source = DataSource.objects.create(
        municipality=city,
        school=school,
        kind=SourceKind.SCHOOL_FILES,
        title="出欠",
        place=school.code,
    )
    assert sync_runs.sync_source(source).n_kept == 4
    assert sync_runs.sync_source(source).n_kept == 0

    # 7 a sweep finds signs; the nurse opens the case with a reason and decides
    signs.update_signs()
    staff.go("/admin/")
    staff.check("staff-today")
    expect(staff.page.get_by_text("R1").first).to_be_visible()
    expect(staff.page.get_by_text("R3").first).to_be_visible()
    assert "さくら" not in staff.page.content()
    open_and_decide(staff)
    phone.go(f"/consent/{sakura.pk}/looked/")
    expect(phone.page.get_by_text("自動で確かめました").first).to_be_visible()
    assert "学校の先生が" not in phone.page.content()  # a look at a case is no line
    phone.check("guardian-looked")

    # 3 again: two taps, and the data is unreadable before the page answers
    phone.go("/")
    phone.check("guardian-home")
    phone.page.get_by_role("link", name=re.compile("出席のようす.*やめる")).click()
    phone.check("guardian-withdraw")
    phone.page.locator("main form button").last.click()
    expect(phone.page).to_have_url(re.compile("/consent/receipts/"))
    assert not LinkedRecord.objects.readable().exists()
    assert LinkedRecord.objects.count() == 4
    deletion.delete_expired_records()
    assert LinkedRecord.objects.count() == 0

    # 4 again: leaving leaves nothing on the tablet
    tablet.go("/")
    tablet.page.locator("header form button").click()
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    tablet.check("sign-in")
    tablet.page.go_back()
    tablet.page.wait_for_load_state()
    assert "さくら" not in tablet.page.content()
    assert StaffPost.objects.filter(user=officer).exists()
