"""The main path, end to end, in a real browser: roster, cards, letters, consent, check-in, notice,
linked data, signs, a case, withdrawal. Every page on the way passes axe and breaks no rule.
"""

import csv
import re
import time
from datetime import time as time_of_day
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from celery.contrib.testing.worker import start_worker
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from apps.cases.services import shipped_rules, signs
from apps.checkins.models import CheckIn
from apps.checkins.services import question_sets, submissions
from apps.consent.services import documents
from apps.core.clock import today
from apps.linkage.models import DataSource, LinkedRecord, SourceKind
from apps.linkage.services import deletion, sync_runs
from apps.notices.services import inbox, organisations
from apps.people.models import Guardian, Municipality, Role, School, StaffPost, Student
from apps.push.models import QuietHours
from apps.signin.services import cards
from apps.vault.models import SubjectKey
from kaga_portal.celery import app
from kaga_portal.demo.sign_ins import one_time_code
from tests import factories, file_workers
from tests.push.conftest import push_service  # noqa: F401 - the stand-in that really decrypts
from tests.roster import zips

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PIN = "7305"


@pytest.fixture
def officer():
    """The city officer, appointed and with a second factor; a municipality with its words."""
    city = Municipality.objects.create(code="172065", name="加賀市(架空)")
    factories.programme(city)
    # No quiet hours: the test passes at any hour.
    midnight = time_of_day(0)
    QuietHours.objects.create(municipality=city, begins=midnight, ends=midnight)
    documents.install_seed_documents(city)
    question_sets.seed_questions()
    organisations.install_seed_organisations(city)
    shipped_rules.seed_rules(city)
    post = factories.staff_post(Role.CITY, of=city, email="shi@mihon.example", name="市の担当")
    _password(post.user)
    return post.user


def _password(user):
    user.set_password(factories.PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def staff_signs_in(walker, user):
    desk = walker("desk")
    desk.go("/admin/")
    desk.page.fill("#id_login", user.email)
    desk.page.fill("#id_password", factories.PASSWORD)
    desk.check("staff-login")
    desk.press("サインイン")
    desk.page.fill("#id_code", one_time_code(factories.TOTP_SECRET))
    desk.check("staff-code")
    desk.page.locator("main form button").first.click()
    expect(desk.page.get_by_role("navigation", name="部屋")).to_be_visible()
    return desk


def upload_roster(desk, tmp_path):
    file = tmp_path / "RO_20260401_C117299990017.zip"
    file.write_bytes(zips.good(keep=6))
    desk.go("/admin/roster/rosterimport/upload/")
    desk.page.set_input_files("#id_zip", file)
    desk.check("staff-upload")
    desk.press("確かめる")
    file_workers.read_all()  # the page asks every second, and leads to the result by itself
    expect(desk.page.get_by_role("heading", name="変わること")).to_be_visible()
    desk.check("staff-report")
    desk.press("取り込む", exact=True)
    file_workers.read_all()
    expect(desk.page.get_by_text("名簿を取り込みました。")).to_be_visible()
    for path in ("schoolclass", "student", "guardian"):
        desk.go(f"/admin/people/{path}/")
        desk.check(f"staff-{path}")


def print_for_class(desk, which, school_class):
    desk.go(reverse(f"admin:registration_{which}", args=[school_class.pk]))
    desk.check(f"staff-{which}")
    named = ".letters__named " if which == "letters" else ""  # not the letters of children
    for box in desk.page.locator("input[name=person]").all():
        box.uncheck()
    for box in desk.page.locator(f"{named}input[name=person]").all():
        box.check()
    desk.press("印刷する")
    desk.page.locator(".code").first.wait_for()
    desk.check(f"staff-{which}-sheet")
    return desk.page.locator(".code").first.inner_text()


def guardian_signs_up(walker, code):
    phone = walker("phone")
    phone.go("/letter/")
    phone.check("guardian-letter")
    phone.page.fill("#id_code", code.lower())
    phone.press("つぎへ")
    phone.check("guardian-welcome")
    phone.press("はじめて使う")
    phone.page.fill("#id_email", "hogosha@mihon.example")
    phone.page.fill("#id_password1", factories.PASSWORD)
    phone.page.fill("#id_password2", factories.PASSWORD)
    phone.check("guardian-signup")
    phone.press("つくる", exact=True)
    expect(phone.page.locator("#id_code")).to_be_visible()
    sent = re.search(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b", mail.outbox[-1].body).group(1)
    phone.page.fill("#id_code", sent)
    phone.check("guardian-code")
    phone.page.locator("main form button").first.click()
    expect(phone.page.get_by_text("手紙のあて名は、あなたですか")).to_be_visible()
    phone.page.locator("input[name=has_secret][value=no]").check()
    phone.page.locator("input[name=tells_others][value=yes]").check()
    phone.check("guardian-accept")
    phone.press("はい、あて名は私です")
    expect(phone.page.get_by_text("学校の確認を待っています")).to_be_visible()
    assert "さくら" not in phone.page.content()
    phone.check("guardian-waits")
    return phone


def confirm_arrival(staff, guardian):
    """A person of the school, who did not print the letter, lets the guardian in."""
    staff.go("/admin/registration/guardianregistration/waiting/")
    staff.check("staff-arrivals")
    staff.page.get_by_label(guardian.full_name).check()
    staff.page.get_by_label("会って確かめた").check()
    staff.press("選んだ人を、保護者だと確かめる")
    expect(staff.page.get_by_text("を確かめました")).to_be_visible()


def answer_purposes(walker, refuse=()):
    """One purpose a page; gives all but those in ``refuse``; checks; sends; the receipt stands."""
    page = walker.page
    for n in range(12):
        if "/check/" in page.url:
            break
        purpose = page.url.split("/ask/")[1].split("/")[0]
        wanted = "refused" if purpose in refuse else "given"
        page.locator(f"input[name=response][value={wanted}]").check()
        if n in (0, 3):
            walker.check(
                f"consent-ask-{'student' if 'student' in page.content()[:300] else 'guardian'}-{n}"
            )
        page.locator("main form button").last.click()
    walker.check("consent-check")
    page.locator("main form button").last.click()
    expect(page).to_have_url(re.compile("/consent/receipts/"))
    walker.check("consent-receipt")


def student_comes_in(walker, code):
    tablet = walker("tablet")
    tablet.go("/card/")
    tablet.page.fill("#id_code", code)
    tablet.check("student-card")
    tablet.press("つぎへ")
    tablet.page.fill("#id_pin", PIN)
    tablet.page.fill("#id_again", PIN)
    tablet.check("student-pin")
    tablet.page.locator("main form button").click()
    expect(tablet.page.get_by_text("さくら さん")).to_be_visible()
    tablet.check("student-home-new")
    return tablet


def confirm_first_pin(staff, student):
    """A person of the school, who holds no card, saw who chose the PIN."""
    staff.go("/admin/signin/pinevent/waiting/")
    staff.press(str(student.home_class), exact=True)
    staff.check("staff-first-pins")
    staff.page.get_by_label(student.full_name).check()
    staff.press("選んだ生徒を、次の画面で確かめる")
    staff.press("この1人が自分で決めたのを見た")
    student.refresh_from_db()
    assert not student.has_unconfirmed_pin


def student_assents(tablet, student):
    tablet.go(f"/consent/{student.pk}/")
    tablet.check("student-consent")
    tablet.page.locator("main a.button--solid").first.click()
    answer_purposes(tablet)


def check_in(tablet):
    tablet.go("/")
    tablet.check("student-home")
    tablet.page.get_by_role("button", name="すこし つらい").click()
    tablet.check("student-checkin")
    tablet.page.locator("form[method=post] button.button--solid:visible").last.click()
    expect(tablet.page).to_have_url(re.compile("/checkin/done"))
    tablet.check("student-done")
    tablet.go("/checkin/days/")  # own words ask for the PIN once more
    tablet.page.fill("#id_pin", PIN)
    tablet.check("student-pin-again")
    tablet.page.locator("main form button.button--solid").click()
    for path, name in (("/checkin/days/", "days"), ("/notices/", "inbox-empty"), ("/places/", "places"),
                       ("/help/", "help"), ("/push/", "push")):  # fmt: skip
        tablet.go(path)
        tablet.check(f"student-{name}")


def publish_notice(desk):
    desk.go("/admin/notices/notice/add/")
    desk.page.fill("#id_title", "｜話《はな》せる ｜場所《ばしょ》")
    desk.page.fill("#id_body", "みんなに ｜知《し》らせます。")
    desk.check("staff-notice-add")
    desk.page.locator("input[name=_save]").click()
    expect(desk.page).to_have_url(re.compile("/look/"))
    desk.check("staff-notice-look")
    desk.press("確認をたのむ")
    expect(desk.page.get_by_text("別の人の確認を待っています")).to_be_visible()
    return desk.page.url


def check_and_publish(second, address):
    """The second person looks at the waiting notice and brings it out."""
    second.go(address)
    second.check("staff-notice-waiting")
    second.press(re.compile("人に公開する"))
    expect(second.page.get_by_text("公開しました。")).to_be_visible()
    second.check("staff-notice-published")


def wait_until(found, patience_s=30):
    """Return once ``found()`` is true; fails after ``patience_s``."""
    deadline = time.monotonic() + patience_s
    while not found():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def drop_attendance(folder, student):
    """A CSV as C4th would be saved: three absences in a row, in CP932, with a remark to drop."""
    days = [day for n in range(9) if (day := today() - timedelta(days=n)).weekday() < 5][:4]
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "attendance_daily.csv", "w", encoding="cp932", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["管理コード", "日付", "出欠区分", "備考"])
        writer.writerows([student.local_code, day.isoformat(), "病欠", "ひみつ"] for day in days)


def test_the_main_path(walker, officer, push_service, settings, tmp_path):  # noqa: F811
    settings.SOURCE_FOLDER = str(tmp_path / "inbox")
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
    _password(helper.user)
    card = print_for_class(staff_signs_in(walker, helper.user), "cards", sakura.home_class)
    office = factories.staff_post(
        Role.OFFICE, school, email="jimu@mihon.example", name="事務の先生"
    )
    _password(office.user)
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
    _password(nurse.user)
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
    _password(colleague)
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
    drop_attendance(Path(settings.SOURCE_FOLDER) / city.code / school.code, sakura)
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
    expect(phone.page.get_by_text("養護教諭").first).to_be_visible()
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


def open_and_decide(staff):
    staff.page.get_by_role("link", name=re.compile("開く")).first.click()
    staff.check("case-closed")
    staff.page.locator(
        "#content form select[name=reason], #content form input[name=reason]"
    ).first.wait_for()
    if staff.page.locator("select[name=reason]").count():
        staff.page.select_option("select[name=reason]", index=1)
    else:
        staff.page.locator("input[name=reason]").first.check()
    staff.page.locator("#content form button").first.click()
    expect(staff.page.get_by_text("さくら").first).to_be_visible()
    staff.check("case-open")
    staff.page.locator("input[name$=judgement]").nth(1).check()
    staff.page.locator("textarea[name$=words]").first.fill("会議で 話し合う")
    staff.press("判断を残す")
    expect(staff.page.get_by_text("会議で 話し合う").first).to_be_visible()
    staff.check("case-decided")


def test_the_portal_is_installable_and_says_so_offline(walker, officer):
    tablet = walker("tablet")
    base = tablet.base.replace("127.0.0.1", "localhost")
    tablet.go(f"{base}/")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = tablet.context.new_cdp_session(tablet.page)
    session.send("Page.enable")
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    tablet.context.set_offline(True)
    tablet.go(f"{base}/notices/")
    expect(tablet.page.get_by_text("0120-0-78310")).to_be_visible()
    tablet.complaints.clear()  # the browser itself complains of being offline
    stored = tablet.page.evaluate(
        "caches.keys().then(ks => Promise.all(ks.map(k => caches.open(k).then(c => c.keys())))).then(all => all.flat().map(r => new URL(r.url).pathname))"
    )
    assert all(
        path in ("/offline/", "/not-sent/") or path.startswith("/static/") for path in stored
    )


def test_everything_a_student_needs_works_without_javascript(walker, officer, live_server):
    city = Municipality.objects.get()
    school = factories.school(city)
    sakura = factories.student(factories.school_class(school), "さくら")
    factories.make_effective(sakura, "checkin_review")
    ((_, code),) = cards.issue_cards([sakura], by=officer)
    tablet = walker("tablet", script=False)
    page = tablet.page
    tablet.go(f"/c/#{code}")  # without scripts the code is typed
    page.fill("#id_code", code)
    page.locator("main button").click()
    page.fill("#id_pin", PIN)
    page.fill("#id_again", PIN)
    page.locator("main button").click()
    page.get_by_role("button", name="ふつう").click()
    page.locator("form[method=post] button.button--solid:visible").last.click()
    expect(page).to_have_url(re.compile("/checkin/done"))
    assert CheckIn.objects.count() == 1
    tablet.go("/help/")
    expect(page.get_by_text("あぶない").first).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "tablet"])
def test_open_pages_pass_in_both_schemes_and_sizes(walker, officer, size, dark):
    visitor = walker(size, dark=dark)
    for path in (
        "/",
        "/places/",
        "/card/",
        "/letter/",
        "/accounts/login/",
        "/offline/",
        "/not-sent/",
        "/nowhere-at-all/",
    ):
        visitor.go(path)
        if "nowhere" in path:
            visitor.complaints.clear()  # a missing page is a 404 in the console too
        visitor.check()
