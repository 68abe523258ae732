"""The author of a notice never publishes it; exactly what was checked is published."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.notices.models import Notice, NoticeState, SupportOrganisation
from apps.notices.services import drafts, inbox, publication, publication_rules
from apps.people.models import Role, Student
from tests import factories
from tests.records import actors_of


def review_page_of(notice):
    return reverse("admin:notices_notice_review", args=[notice.pk])


def state(notice):
    return Notice.objects.get(pk=notice.pk).state


def test_the_author_is_refused_with_the_reason(cast, notice):
    drafts.submit_draft(notice, by=cast.officer.user)
    with pytest.raises(publication_rules.PublicationRefused, match="べつの 人"):
        publication.publish_notice(notice, by=cast.officer.user)
    assert inbox.inbox_for(cast.sakura.user) == []


def test_the_database_refuses_one_person_for_both(cast, notice):
    drafts.submit_draft(notice, by=cast.officer.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.update(state="published", published_by=cast.officer.user)


def test_the_database_refuses_a_published_notice_nobody_checked(cast, notice):
    drafts.submit_draft(notice, by=cast.officer.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.update(state="published")


def test_the_database_refuses_to_publish_a_draft(cast, notice):
    with pytest.raises(ProgrammingError, match="Invalid transition"), transaction.atomic():
        Notice.objects.update(state="published", published_by=cast.officer.user)


def test_a_draft_is_not_published_by_anybody(cast, notice):
    with pytest.raises(publication_rules.PublicationRefused):
        publication.publish_notice(notice, by=cast.principal.user)


def test_on_the_page_two_people_bring_it_out(cast, notice, sign_in):
    desk, second = sign_in(cast.officer.user), sign_in(cast.principal.user)
    assert "確認をたのむ" in desk.get(review_page_of(notice)).content.decode()
    desk.post(review_page_of(notice), {"verb": "submit"})
    assert state(notice) == NoticeState.WAITING
    assert "公開する</button>" not in desk.get(review_page_of(notice)).content.decode()
    page = second.get(review_page_of(notice))
    assert "2人に公開する" in page.content.decode()
    second.post(review_page_of(notice), {"verb": "publish", "seen": page.context["seen"]})
    assert state(notice) == NoticeState.PUBLISHED
    assert inbox.inbox_for(cast.sakura.user)


def test_what_changed_while_looking_is_not_published(cast, notice, sign_in):
    drafts.submit_draft(notice, by=cast.officer.user)
    second = sign_in(cast.principal.user)
    seen = second.get(review_page_of(notice)).context["seen"]
    Notice.objects.update(body="べつの 文")
    answer = second.post(review_page_of(notice), {"verb": "publish", "seen": seen}, follow=True)
    assert "変わりました" in answer.content.decode()
    assert state(notice) == NoticeState.WAITING


def test_a_post_that_does_not_say_what_was_seen_publishes_nothing(cast, notice, sign_in):
    drafts.submit_draft(notice, by=cast.officer.user)
    sign_in(cast.principal.user).post(review_page_of(notice), {"verb": "publish"})
    assert state(notice) == NoticeState.WAITING


def test_a_waiting_notice_stands_still_until_it_is_taken_back(cast, notice, sign_in):
    desk = sign_in(cast.officer.user)
    drafts.submit_draft(notice, by=cast.officer.user)
    change = reverse("admin:notices_notice_change", args=[notice.pk])
    assert desk.post(change, {"title": "別"}).status_code == 403
    desk.post(review_page_of(notice), {"verb": "take_back"})
    assert state(notice) == NoticeState.DRAFT
    for action in (Action.NOTICE_SUBMITTED, Action.NOTICE_TAKEN_BACK):
        assert actors_of(action) == [cast.officer.user]
    assert desk.get(change).status_code == 200


def test_who_changes_the_words_becomes_the_author(cast, notice, sign_in):
    other = factories.staff_post(Role.CITY, of=cast.city, name="市の もう一人")
    second = sign_in(other.user)
    change = reverse("admin:notices_notice_change", args=[notice.pk])
    second.post(change, {
        "title": "題", "body": "本文", "schools": [cast.school.pk], "publish_at": "2026-11-20T09:00",
    })  # fmt: skip
    notice.refresh_from_db()
    assert notice.title == "題"
    drafts.submit_draft(notice, by=cast.officer.user)
    with pytest.raises(publication_rules.PublicationRefused, match="べつの 人"):
        publication.publish_notice(notice, by=other.user)


def test_a_published_notice_is_only_looked_at(cast, notice, publish, sign_in):
    publish(notice)
    change = reverse("admin:notices_notice_change", args=[notice.pk])
    for who in (cast.officer, cast.nurse):
        desk = sign_in(who.user)
        assert "<strong>みんな</strong>" not in desk.get(change).content.decode()
        assert desk.get(change).status_code == 200
        assert desk.post(change, WRITTEN).status_code == 403


def test_two_authors_do_not_overwrite_each_other(cast, notice, sign_in):
    desk = sign_in(cast.officer.user)
    change = reverse("admin:notices_notice_change", args=[notice.pk])
    late = {**WRITTEN, "opened_as": desk.get(change).context["opened_as"]}
    Notice.objects.update(body="さきに 直した 文")
    answer = desk.post(change, late)
    assert answer.status_code == 422
    assert "さきに 直した 文" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.body == "さきに 直した 文"
    late["opened_as"] = answer.context["opened_as"]
    assert desk.post(change, late).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("title", " ", "題と"), ("body", "", "本文"), ("expires_at", "past", "過ぎて")],
)
def test_what_a_reader_needs_is_asked_for(cast, notice, field, value, sentence):
    if value == "past":
        value = timezone.now() - timedelta(minutes=1)
        Notice.objects.update(publish_at=value - timedelta(days=1))
    Notice.objects.update(**{field: value})
    with pytest.raises(publication_rules.PublicationRefused, match=sentence):
        drafts.submit_draft(notice, by=cast.officer.user)


def test_a_notice_with_an_unchecked_place_is_refused(cast, notice, places):
    one = SupportOrganisation.objects.published().first()
    notice.organisations.add(one)
    SupportOrganisation.objects.filter(pk=one.pk).update(
        verified_on=timezone.localdate() - timedelta(days=181)
    )
    with pytest.raises(publication_rules.PublicationRefused, match="窓口"):
        drafts.submit_draft(notice, by=cast.officer.user)


# -- whose audience -------------------------------------------------------------------------------


def test_a_school_writes_to_its_own_students_only(cast, notice):
    with pytest.raises(publication_rules.PublicationRefused, match="じぶんの 学校"):
        drafts.submit_draft(notice, by=cast.principal.user)
    notice.schools.add(cast.school)
    drafts.submit_draft(notice, by=cast.principal.user)
    assert state(notice) == NoticeState.WAITING


def test_a_school_cannot_tick_another_school(cast, sign_in):
    other = factories.school(cast.city, "C117220600099", "べつの中学校(架空)")
    desk = sign_in(cast.principal.user)
    written = {"title": "題", "body": "本文", "publish_at": "2026-11-20T09:00"}
    for schools in ([], [other.pk], [cast.away_school.pk]):
        answer = desk.post(reverse("admin:notices_notice_add"), {**written, "schools": schools})
        assert answer.status_code == 422
    assert Notice.objects.count() == 0


def test_a_draft_is_changed_by_its_author_and_by_who_may_address_all_of_it(cast, notice, sign_in):
    other = factories.school(cast.city, "C117220600099", "べつの中学校(架空)")
    people = {
        "officer": cast.officer, "lead": cast.principal,
        "elsewhere": factories.staff_post(Role.PRINCIPAL, other, name="ほかの校長"),
    }  # fmt: skip
    desks = {who: sign_in(post.user) for who, post in people.items()}
    change = reverse("admin:notices_notice_change", args=[notice.pk])
    whole = {"officer", "lead", "elsewhere"}
    for schools, author, may_change in [
        ([], "officer", {"officer"}),
        ([cast.school], "officer", {"officer", "lead"}),
        ([cast.school], "lead", {"officer", "lead"}),
        ([cast.school, other], "officer", {"officer"}),
        ([cast.school, other], "elsewhere", {"officer", "elsewhere"}),
    ]:
        notice.schools.set(schools)
        for who in whole:
            Notice.objects.update(body="はじめの 文", written_by=people[author].user)
            own = [] if who == "officer" else [people[who].school.pk]
            written = {"title": "題", "body": f"{who}の 文", "publish_at": "2026-11-20T09:00"}
            answer = desks[who].post(change, {**written, "schools": own or [s.pk for s in schools]})
            assert answer.status_code == (302 if who in may_change else 403), (schools, who)
            notice.refresh_from_db()
            assert notice.body == (f"{who}の 文" if who in may_change else "はじめの 文")
            notice.schools.set(schools)
            Notice.objects.update(written_by=people[author].user)
            page = desks[who].get(review_page_of(notice)).content.decode()
            assert (f'href="{change}"' in page) is (who in may_change)
            if who not in may_change:
                with pytest.raises(publication_rules.PublicationRefused, match="下書きを 直すのは"):
                    drafts.save_draft(notice, by=people[who].user, fields=["body"])


def test_a_school_does_not_withdraw_what_the_whole_city_got(cast, notice, publish, sign_in):
    publish(notice)
    desk = sign_in(cast.principal.user)
    answer = desk.post(review_page_of(notice), {"verb": "withdraw"}, follow=True)
    assert "市の 担当者" in answer.content.decode()
    assert state(notice) == NoticeState.PUBLISHED


@pytest.mark.parametrize("verb", ["submit", "publish", "withdraw", "correct", "take_back"])
def test_a_nurse_sees_but_does_nothing(cast, notice, sign_in, verb):
    desk = sign_in(cast.nurse.user)
    assert desk.get(review_page_of(notice)).status_code == 200
    assert desk.post(review_page_of(notice), {"verb": verb}).status_code == 404
    assert state(notice) == NoticeState.DRAFT


@pytest.mark.parametrize("name", ["review", "preview"])
def test_another_citys_staff_do_not_find_it(cast, notice, sign_in, name):
    url = reverse(f"admin:notices_notice_{name}", args=[notice.pk])
    assert sign_in(cast.away_nurse.user).get(url).status_code == 404


def test_an_unknown_verb_is_nothing(cast, notice, sign_in):
    assert (
        sign_in(cast.officer.user).post(review_page_of(notice), {"verb": "sing"}).status_code == 404
    )


# -- writing --------------------------------------------------------------------------------------

WRITTEN = {"title": "題", "body": "本文", "for_guardians": "on", "publish_at": "2026-11-20T09:00"}


def test_a_new_notice_belongs_to_the_officers_city_and_knows_its_author(cast, sign_in):
    answer = sign_in(cast.officer.user).post(
        reverse("admin:notices_notice_add"), {**WRITTEN, "grades": ["J1"]}
    )
    notice = Notice.objects.get()
    assert answer.url == review_page_of(notice)
    assert (notice.municipality, notice.written_by) == (cast.city, cast.officer.user)
    assert notice.grades == ["J1"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("grades", ["J9"], "J9"),
        ("expires_at", "2026-11-19T09:00", "後に"),
        ("publish_at", "あした", "日時"),
        ("body", "｜今日《きょう", "そろって"),
    ],
)
def test_bad_input_in_the_form_is_told_in_place(cast, sign_in, field, value, sentence):
    page = sign_in(cast.officer.user).post(
        reverse("admin:notices_notice_add"), {**WRITTEN, field: value}
    )
    assert sentence in page.content.decode()
    assert Notice.objects.count() == 0


def test_kanji_that_the_youngest_reader_has_not_learnt_are_named(cast, notice, sign_in):
    Notice.objects.update(body="｜今日《きょう》は 相談の 日です。")
    desk = sign_in(cast.officer.user)
    assert "相談" not in desk.get(review_page_of(notice)).content.decode().split("見本</h2>")[0]
    Student.objects.filter(pk=cast.ren.pk).update(grade="P3")
    text = desk.get(review_page_of(notice)).content.decode()
    assert "小学3年がまだ習っていない、ふりがなのない漢字:</strong> 相談<" in text
    Student.objects.filter(pk=cast.ren.pk).update(grade="")
    text = desk.get(review_page_of(notice)).content.decode()
    assert "<strong>ふりがなのない漢字:</strong> 相談、日<" in text


def test_the_preview_is_the_students_page_and_counts_nothing(cast, notice, sign_in):
    url = reverse("admin:notices_notice_preview", args=[notice.pk])
    text = sign_in(cast.officer.user).get(url).content.decode()
    assert "<strong>みんな</strong>" in text
    assert "見本です" in text
    assert not notice.receipts.exists()


def test_the_lock_screen_never_shows_the_words(cast, notice, sign_in):
    text = sign_in(cast.officer.user).get(review_page_of(notice)).content.decode()
    lock = text.split("frame--lock")[1].split("</figure>")[0]
    assert "お知らせが 1つ あります" in lock
    assert "みんな" not in lock


def test_the_city_sees_that_a_notice_waits(cast, notice, sign_in):
    drafts.submit_draft(notice, by=cast.officer.user)
    assert "確認を待つお知らせ" in sign_in(cast.principal.user).get("/admin/").content.decode()
    assert "確認を待つお知らせ" not in sign_in(cast.officer.user).get("/admin/").content.decode()
    second = factories.staff_post(Role.CITY, of=cast.city)
    assert "確認を待つお知らせ" in sign_in(second.user).get("/admin/").content.decode()
