"""Steps of the main path, each as a person does it in a browser."""

import csv
import re
import time
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from apps.core.clock import today
from kaga_portal.demo.sign_ins import one_time_code
from tests import factories, file_workers
from tests.roster import zips

PIN = "7305"


def set_password(user):
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
    desk.check("staff-code")
    desk.page.fill("#id_code", one_time_code(factories.TOTP_SECRET))  # valid for half a minute
    desk.page.locator("main form button").first.click()
    expect(desk.page.get_by_role("navigation", name="ページ")).to_be_visible()
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
                       ("/pages/", "help"), ("/push/", "push")):  # fmt: skip
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
    staff.page.get_by_text("判断を書く", exact=True).first.click()
    staff.page.locator("input[name$=judgement]").nth(1).check()
    staff.page.locator("textarea[name=decide-words]").first.fill("会議で 話し合う")
    staff.press("判断を残す")
    expect(staff.page.get_by_text("会議で 話し合う").first).to_be_visible()
    staff.check("case-decided")
