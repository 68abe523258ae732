"""A notice from two people's hands to every student, put right; places found without JavaScript."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from apps.core.clock import today
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import inbox, organisations
from apps.people.models import Role
from tests import factories, file_workers

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
BODY = (
    "｜困《こま》って いる ときも、そうで ない ときも、**｜話《はな》せる ｜場所《ばしょ》**が あります。\n\n"
    "- ｜電話《でんわ》で\n- チャットで\n\n[ホームページ](https://example.com/)"
)


@pytest.fixture
def enter(walker, sign_in):
    """Somebody's browser, signed in."""

    def go(user, size, **more):
        who = walker(size, **more)
        cookie = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        who.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": who.base}]
        )
        return who

    return go


@pytest.fixture
def directory(cast):
    """The known places, and one of the city's own with everything a place can have."""
    organisations.install_seed_organisations(cast.city)
    one = SupportOrganisation.objects.create(
        municipality=cast.city, name="｜見本《みほん》の ｜場所《ばしょ》(｜架空《かくう》)", mark="place",
        summary="｜放課後《ほうかご》に ｜来《こ》られます", needs=["place", "friends"],
        helps_with="｜学校《がっこう》の ほかに いられる ｜場所《ばしょ》。", phone="0000-00-0000",
        web_url="https://example.com/", place="｜駅《えき》の となり", address="石川県加賀市",
        cost="｜無料《むりょう》", languages="にほんご・English", is_anonymous=True,
        first_talk="｜受付《うけつけ》で「｜来《き》ました」と ｜言《い》います。\nすきな ところに すわれます。",
        rests_on_holidays=True, state="published", verified_on=today(), verified_by="市の担当者",
        source_url="https://example.com/",
    )  # fmt: skip
    for weekday in range(5):
        one.opening_hours.create(weekday=weekday, opens_at="16:00", closes_at="19:00")
    one.exceptions.create(begins_on="2026-12-29", ends_on="2027-01-03", every_year=True)
    return one


def test_places_are_found_without_javascript(cast, directory, walker):
    for size, script in (("phone", False), ("phone", True), ("tablet", True), ("desk", True)):
        who = walker(size, script=script, dark=size == "tablet")
        who.go(f"/places/?city={cast.city.code}")
        if script:
            who.check(f"places-{size}")
        who.page.select_option("#need", "place")
        who.page.fill("#q", "駅")
        who.press("さがす")
        expect(who.page.locator("main h3 a")).to_have_count(1)
        if script:
            who.check(f"places-found-{size}")
        who.page.locator("main h3 a").click()
        expect(who.page.get_by_text("すきな ところに すわれます。")).to_be_visible()
        if script:
            who.check(f"place-{size}")
    who.page.get_by_role("link", name="に", exact=False).last.click()
    who.check("poster")
    who.go(f"/places/print/?city={cast.city.code}")
    who.check("sheet")


def test_a_notice_goes_out_and_is_put_right(cast, directory, enter):
    colleague = factories.staff_post(Role.CITY, of=cast.city, name="確かめる人")
    crowd = [factories.student(cast.class_1, f"生徒{n}", number=n + 2) for n in range(27)]
    desk = enter(cast.officer.user, "desk")
    desk.go("/admin/notices/notice/add/")
    desk.page.fill("#id_title", "｜話《はな》せる ｜場所《ばしょ》の お知らせ")
    desk.page.fill("#id_body", f"{BODY}\n\n挨拶だけでも かまいません。")
    desk.page.get_by_label("中学1年").check()
    desk.page.locator("#id_organisations input").first.check()
    desk.check("notice-add")
    desk.page.locator("input[name=_save]").click()
    expect(
        desk.page.get_by_text("中学1年がまだ習っていない、ふりがなのない漢字: 挨拶")
    ).to_be_visible()
    desk.check("notice-look-draft")
    desk.press("確認をたのむ")
    address = desk.page.url

    second = enter(colleague.user, "tablet")
    second.go("/admin/")
    expect(second.page.get_by_text("確認を待つお知らせ")).to_be_visible()
    second.go(address)
    second.check("notice-waiting-tablet")
    second.press(re.compile("28人に公開する"))
    expect(second.page.get_by_text("公開しました。")).to_be_visible()

    student = enter(cast.sakura.user, "phone")
    student.go("/notices/")
    student.check("inbox-phone")
    student.page.locator("main .rows a").first.click()
    student.check("notice-phone")

    guardian = enter(cast.midori.user, "phone", script=False)
    guardian.go("/notices/")
    expect(guardian.page.get_by_text("未読")).to_be_visible()

    for one in crowd[:18]:
        inbox.mark_shown(one.user, inbox.inbox_for(one.user))
    desk.go(address)
    desk.check("notice-reach")
    teacher = enter(cast.homeroom.user, "phone")
    teacher.go(address)
    teacher.check("reach-phone")
    teacher.press("紙で配る")
    teacher.check("notice-paper")
    teacher.press(re.compile("に配りました"))
    expect(teacher.page.get_by_text("配ったことを 記録しました")).to_be_visible()

    desk.press("訂正を書く")
    desk.page.fill("#id_change_note", "｜電話《でんわ》の ｜時間《じかん》を なおしました")
    desk.check("correction-form")
    desk.page.locator("input[name=_save]").click()
    desk.press("確認をたのむ")
    second.go(desk.page.url)
    second.press(re.compile("公開する"))
    student.go(f"/notices/{Notice.objects.get(corrects=None).pk}/")
    expect(student.page.get_by_text("を なおしました")).to_be_visible()
    student.check("notice-corrected")
    student.go("/notices/")
    student.check("inbox-corrected")

    desk.go(desk.page.url)
    desk.page.get_by_text("取り下げる").first.click()
    desk.page.fill("#id_words", "この ｜場所《ばしょ》は おわりました")
    desk.page.get_by_role("button", name="取り下げる").click()
    desk.page.get_by_label("なぜ変えるのか").fill("場所がもう開いていないため")
    desk.check("notice-withdraw-shown")
    desk.press("変更をはじめる")
    expect(desk.page.get_by_text("確かめる人が、あとで確かめます")).to_be_visible()
    student.go("/notices/")
    student.check("inbox-withdrawn")


def test_the_directory_is_kept_and_taken_in(cast, directory, enter, tmp_path):
    desk = enter(cast.officer.user, "desk")
    desk.go("/admin/notices/supportorganisation/")
    desk.check("organisations")
    desk.go(f"/admin/notices/supportorganisation/{directory.pk}/change/")
    desk.check("organisation-change")
    desk.go(f"/admin/notices/supportorganisation/{directory.pk}/look/")
    desk.check("organisation-look")
    desk.press("きょう、確かめました")
    desk.go("/admin/notices/supportorganisation/export/")
    desk.check("organisation-export")
    desk.page.select_option("#id_format", "0")
    with desk.page.expect_download() as got:
        desk.press("書き出す", exact=True)
    file = tmp_path / "madoguchi.csv"
    text = got.value.path().read_text("utf-8-sig").replace("0000-00-0000", "0761-00-0001")
    file.write_text(text, "utf-8-sig")
    desk.go("/admin/notices/supportorganisation/import/")
    desk.check("organisation-import")
    desk.page.set_input_files("#id_import_file", file)
    desk.press("確かめる", exact=True)
    expect(desk.page.get_by_text("順番を待っています").first).to_be_visible()
    desk.check("file-waits")
    file_workers.read_all()
    expect(desk.page.get_by_role("button", name="この内容で取り込む")).to_be_visible()
    desk.check("organisation-dry-run")
    desk.press("この内容で取り込む")
    expect(desk.page.get_by_text("順番を待っています").first).to_be_visible()
    file_workers.read_all()
    expect(desk.page.get_by_text("取り込みました。")).to_be_visible()
    desk.go(f"/admin/notices/supportorganisation/{directory.pk}/look/")
    expect(desk.page.get_by_text("公開中の窓口を直す")).to_be_visible()
    directory.refresh_from_db()
    assert (directory.phone, directory.state) == ("0000-00-0000", "published")
