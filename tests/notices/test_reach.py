"""The reach of a notice: counts of all enrolled students, and paper for the others."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.notices.models import Notice, PaperHandout
from apps.notices.services import inbox, notice_reach
from apps.people.models import Role
from apps.push.models import Broadcast
from tests import factories


def rows(notice, who):
    return {row.title: row for row in notice_reach.reach_rows(notice, who.user)}


def test_reach_counts_all_enrolled_students(cast, notice, publish, sign_in):
    publish(notice)
    sign_in(cast.sakura.user).get(reverse("notices:inbox"))
    sign_in(cast.ren.user).get(reverse("notices:notice", args=[notice.pk]))
    found = notice_reach.count_reach(Notice.objects.get())
    assert (found.n_students, found.n_shown, found.n_opened) == (2, 2, 1)


def test_students_without_an_account_count_as_not_reached(cast, notice, publish):
    publish(notice)
    factories.student(cast.class_1, "まだ", number=9, with_user=False)
    found = notice_reach.count_reach(Notice.objects.get())
    assert (found.n_students, found.n_shown, found.n_not_signed_in) == (3, 0, 3)


def test_who_signed_in_since_is_no_longer_missing(cast, notice, publish):
    publish(notice)
    cast.sakura.user.last_login = timezone.now() + timedelta(minutes=1)
    cast.sakura.user.save()
    cast.ren.user.last_login = timezone.now() - timedelta(days=1)
    cast.ren.user.save()
    assert notice_reach.count_reach(Notice.objects.get()).n_not_signed_in == 1


def test_guardians_do_not_count(cast, notice, publish, sign_in):
    publish(notice)
    sign_in(cast.midori.user).get(reverse("notices:inbox"))
    assert notice_reach.count_reach(Notice.objects.get()).n_shown == 0


def test_another_notice_does_not_count(cast, notice, publish, sign_in):
    other = Notice.objects.create(
        municipality=cast.city, title="題", body="本文", written_by=cast.officer.user
    )
    publish(other)
    sign_in(cast.sakura.user).get(reverse("notices:inbox"))
    publish(notice)
    assert notice_reach.count_reach(Notice.objects.get(pk=notice.pk)).n_shown == 0


def test_the_table_goes_from_school_to_grade_to_class(cast, notice, publish, crowd):
    publish(notice)
    crowd.seen(notice, 15, 20)
    found = notice_reach.reach_rows(notice, cast.officer.user)
    assert [(row.level, row.title, row.n) for row in found] == [
        ("school", "東和中学校(架空)", 61),
        ("grade", "中学1年", 60), ("class", "1年1組", 30), ("class", "1年2組", 30),
        ("grade", "中学2年", 1), ("class", "2年1組", 1),
    ]  # fmt: skip
    assert rows(notice, cast.officer)["1年1組"].shown == "15人"
    assert rows(notice, cast.officer)["1年2組"].opened == "0人"


def test_under_ten_is_hidden_but_not_from_the_own_teacher(cast, notice, publish, crowd):
    publish(notice)
    crowd.seen(notice, 3, 27)
    for who in (cast.officer, cast.principal, cast.nurse):
        assert rows(notice, who)["1年1組"].shown == "10人未満"
        assert rows(notice, who)["1年2組"].shown == "21人以上"
    assert rows(notice, cast.homeroom)["1年1組"].shown == "3人"
    assert rows(notice, cast.homeroom)["1年2組"].shown == "21人以上"


def test_one_hidden_class_is_not_revealed_by_the_total(cast, notice, publish, crowd):
    publish(notice)
    crowd.seen(notice, 3, 15)
    found = rows(notice, cast.officer)
    assert found["1年1組"].shown == "10人未満"
    assert found["1年2組"].shown == "—"


def test_a_teachers_own_count_does_not_reveal_the_other_class(cast, notice, publish, crowd):
    publish(notice)
    crowd.seen(notice, 15, 3)
    found = rows(notice, cast.homeroom)
    assert found["1年1組"].shown == "15人"
    assert found["1年2組"].shown == "10人未満"
    assert found["中学1年"].shown == "—"


def test_a_school_sees_its_own_rows_only(cast, notice, publish):
    other = factories.school(cast.city, "C117220600099", "べつの中学校(架空)")
    factories.student(factories.school_class(other, "3年1組", "J3"))
    publish(notice)
    assert "3年1組" in rows(notice, cast.officer)
    assert "3年1組" not in rows(notice, cast.principal)


def test_the_table_costs_the_same_for_more_students(cast, notice, publish, sign_in):
    publish(notice)
    desk, url = sign_in(cast.officer.user), reverse("admin:notices_notice_review", args=[notice.pk])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            desk.get(url)
        return len(captured)

    queries()
    before = queries()
    for n in range(12):
        factories.student(factories.school_class(cast.school, f"3年{n}組", "J3"), number=n + 5)
    assert queries() == before


def test_reach_stands_on_the_staffs_first_page_and_is_true(cast, notice, publish, crowd, sign_in):
    publish(notice)
    crowd.seen(notice, 15, 16)
    text = sign_in(cast.officer.user).get("/admin/").content.decode()
    assert "51 %" in text
    assert "お知らせが届いた生徒(全 61人のうち 31人)" in text


def test_neither_page_tells_a_figure_that_points_at_somebody(cast, notice, publish, crowd, sign_in):
    publish(notice)
    crowd.seen(notice, 29, 30)
    desk = sign_in(cast.officer.user)
    for url in ("/admin/", reverse("admin:notices_notice_review", args=[notice.pk])):
        text = desk.get(url).content.decode()
        assert "52人以上" in text
        read = re.sub(r"<[^>]*>", " ", text)  # not the random signs in addresses and marks
        assert "52人以上" in read
        figures = re.sub(r"\d+:\d\d", "", read.split("お知らせが届いた")[-1])  # no times
        assert not re.search(r"\b59\b", figures)


def test_the_notice_leads_to_the_page_of_its_broadcast(cast, notice, publish, sign_in):
    page = reverse("admin:notices_notice_review", args=[notice.pk])
    assert "進みぐあい" not in sign_in(cast.officer.user).get(page).content.decode()
    publish(notice)
    watched = reverse("admin:push_broadcast_progress", args=[Broadcast.objects.get().pk])
    assert watched in sign_in(cast.officer.user).get(page).content.decode()
    assert watched not in sign_in(cast.homeroom.user).get(page).content.decode()


def test_a_notice_for_another_school_is_not_this_schools_figure(cast, notice, publish, sign_in):
    other = factories.school(cast.city, "C117220600099", "べつの中学校(架空)")
    notice.schools.add(other)
    publish(notice)
    assert (
        "お知らせが届いた生徒" not in sign_in(cast.principal.user).get("/admin/").content.decode()
    )
    assert "お知らせが届いた生徒" in sign_in(cast.officer.user).get("/admin/").content.decode()


# -- paper ----------------------------------------------------------------------------------------


def paper(notice, of_class):
    return reverse("admin:notices_notice_paper", args=[notice.pk, of_class.pk])


def test_the_class_teacher_prints_it_with_qr_and_places(cast, notice, publish, places, sign_in):
    notice.organisations.set(
        type(notice.organisations.model()).objects.filter(name="チャイルドライン")
    )
    publish(notice)
    text = sign_in(cast.homeroom.user).get(paper(notice, cast.class_1)).content.decode()
    assert "<strong>みんな</strong>" in text
    assert 'class="qr"' in text
    assert "0120-99-7777" in text


def test_only_the_own_teacher_reads_who_has_not_signed_in(cast, notice, publish, sign_in):
    publish(notice)
    name = cast.sakura.full_name
    assert name in sign_in(cast.homeroom.user).get(paper(notice, cast.class_1)).content.decode()
    page = sign_in(cast.principal.user).get(paper(notice, cast.class_1))
    assert page.status_code == 200
    assert name not in page.content.decode()


def test_who_has_it_on_a_screen_is_not_on_the_list(cast, notice, publish, sign_in):
    publish(notice)
    inbox.mark_shown(cast.sakura.user, inbox.inbox_for(cast.sakura.user))
    text = sign_in(cast.homeroom.user).get(paper(notice, cast.class_1)).content.decode()
    assert cast.sakura.full_name not in text


def test_handed_out_is_ticked_once_and_seen_in_the_table(cast, notice, publish, sign_in):
    publish(notice)
    desk = sign_in(cast.homeroom.user)
    for _ in range(2):
        assert desk.post(paper(notice, cast.class_1)).status_code == 302
    assert PaperHandout.objects.get().by == cast.homeroom.user
    assert AuditEvent.objects.filter(action=Action.NOTICE_HANDED_OUT).count() == 1
    assert rows(notice, cast.officer)["1年1組"].handed_out_at is not None
    assert notice_reach.count_paper_handouts(notice) == 1


def test_the_database_keeps_one_tick_a_class(cast, notice):
    one = {"municipality": cast.city, "notice": notice, "school_class": cast.class_1}
    PaperHandout.objects.create(**one, by=cast.homeroom.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperHandout.objects.create(**one, by=cast.principal.user)


def test_another_class_is_not_found(cast, notice, publish, sign_in):
    publish(notice)
    desk = sign_in(cast.homeroom.user)
    assert desk.get(paper(notice, cast.class_2)).status_code == 404
    assert desk.post(paper(notice, cast.class_2)).status_code == 404


@pytest.mark.parametrize("who", ["officer", "nurse", "counsellor", "helpdesk", "away_nurse"])
def test_who_hands_nothing_out_has_no_such_page(cast, notice, publish, sign_in, who):
    publish(notice)
    desk = sign_in(getattr(cast, who).user)
    assert desk.post(paper(notice, cast.class_1)).status_code == 404
    assert PaperHandout.objects.count() == 0


def test_a_draft_is_not_handed_out(cast, notice, sign_in):
    desk = sign_in(cast.homeroom.user)
    answer = desk.post(paper(notice, cast.class_1), follow=True)
    assert "公開中" in answer.content.decode()
    assert PaperHandout.objects.count() == 0


def test_a_class_outside_the_audience_gets_no_paper(cast, notice, publish, sign_in):
    notice.grades = ["J2"]
    notice.save()
    publish(notice)
    assert sign_in(cast.homeroom.user).get(paper(notice, cast.class_1)).status_code == 404


def test_a_new_teacher_of_the_class_sees_it_too(cast, notice, publish, sign_in):
    publish(notice)
    deputy = factories.staff_post(Role.HOMEROOM, cast.school, in_class=cast.class_2)
    assert sign_in(deputy.user).get(paper(notice, cast.class_2)).status_code == 200
