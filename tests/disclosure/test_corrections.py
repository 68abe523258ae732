"""A family can report a wrong record; staff read and answer; nobody else reads it."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.disclosure.models import CorrectionRequest
from apps.disclosure.services import corrections
from apps.disclosure.services.corrections import (
    CannotCorrect,
    answer_correction,
    corrections_by,
    corrections_visible_to,
    open_correction,
    request_correction,
)
from apps.people.models import Role
from tests import factories

WORDS = "11月4日は 欠席ではなく 公欠です"


def ask(cast, actor=None, **more):
    sent = {"about": "attendance", "words": WORDS, "form_key": uuid.uuid4()} | more
    return request_correction(cast.sakura, actor=actor or cast.midori.user, **sent)


def page(cast, student=None):
    return reverse("disclosure:corrections", args=[(student or cast.sakura).pk])


def open_page(row):
    return reverse("admin:disclosure_correctionrequest_open", args=[row.pk])


@pytest.fixture
def officer(cast):
    """The privacy officer of the city."""
    return factories.staff_post(Role.PRIVACY, of=cast.city)


def test_it_is_kept_sealed_and_read_back_by_the_asker(cast):
    row = ask(cast)
    assert WORDS.encode() not in bytes(CorrectionRequest.objects.get().sealed)
    ((found, words, answer),) = corrections_by(cast.midori.user, cast.sakura)
    assert (found, words, answer) == (row, WORDS, "")


def test_the_other_party_does_not_see_it(cast):
    ask(cast)
    ask(cast, actor=cast.sakura.user, words="わたしの ことば")
    assert [words for _, words, _ in corrections_by(cast.sakura.user, cast.sakura)] == [
        "わたしの ことば"
    ]
    assert [words for _, words, _ in corrections_by(cast.midori.user, cast.sakura)] == [WORDS]


def test_opened_it_shows_as_seen_and_answered_the_answer_is_there(cast, sign_in, officer):
    row = ask(cast)
    assert open_correction(row, actor=officer.user) == WORDS
    guardian = sign_in(cast.midori.user)
    assert "担当者が見ました" in guardian.get(page(cast)).content.decode()
    answer_correction(row, actor=officer.user, words="公欠に直しました。")
    text = guardian.get(page(cast)).content.decode()
    assert "返事が来ました" in text and "公欠に直しました。" in text
    actions = set(AuditEvent.objects.about(cast.sakura.pk).values_list("action", flat=True))
    assert {Action.CORRECTION_ASKED, Action.CORRECTION_ANSWERED, Action.SEALED_OPENED} <= actions


def test_a_guardians_request_is_the_privacy_officers_alone(cast, sign_in, officer):
    row = ask(cast)
    for who in ("homeroom", "principal"):
        staff = getattr(cast, who).user
        assert not corrections_visible_to(staff).exists()
        assert sign_in(staff).get(open_page(row)).status_code == 404
        with pytest.raises(PermissionDenied):
            open_correction(row, actor=staff)
    page = sign_in(officer.user).get(open_page(row)).content.decode()
    assert "「ある」とも「ない」とも答えません" in page
    assert "チェックインの答え、" not in page.split("画面に出る記録のことだけです")[1].split(")")[0]


def test_a_guardian_asks_only_about_what_they_may_see(cast, sign_in):
    page_text = sign_in(cast.midori.user).get(page(cast)).content.decode()
    assert 'value="attendance"' in page_text and 'value="checkin_review"' not in page_text
    with pytest.raises(CannotCorrect):
        ask(cast, about="checkin_review")
    assert ask(cast, actor=cast.sakura.user, about="checkin_review")


def test_the_same_form_twice_is_one(cast, sign_in):
    key = uuid.uuid4()
    assert ask(cast, form_key=key) == ask(cast, form_key=key)
    client = sign_in(cast.midori.user)
    form = {"about": "roster", "words": "名前の字が ちがいます", "form_key": uuid.uuid4()}
    for _ in range(2):
        assert client.post(page(cast), form).status_code == 302
    assert CorrectionRequest.objects.count() == 2


def test_a_form_of_another_child_is_not_taken_for_this_one(cast):
    key = uuid.uuid4()
    ask(cast, form_key=key)
    factories.guardianship(cast.midori, cast.ren)
    with pytest.raises(corrections.CannotCorrect):
        corrections.request_correction(
            cast.ren, actor=cast.midori.user, about="roster", words="字が ちがいます", form_key=key
        )
    assert CorrectionRequest.objects.count() == 1


def test_the_same_form_sent_twice_at_one_moment_is_one(cast, monkeypatch):
    """The second transaction looks before the first has stored anything."""
    key = uuid.uuid4()
    first, look, looks = ask(cast, form_key=key), corrections._sent_before, []

    def too_early(*args):
        looks.append(args)
        return None if len(looks) == 1 else look(*args)

    monkeypatch.setattr(corrections, "_sent_before", too_early)
    assert ask(cast, form_key=key) == first
    asked = AuditEvent.objects.filter(action=Action.CORRECTION_ASKED)
    assert (CorrectionRequest.objects.count(), asked.count()) == (1, 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"words": ""},
        {"words": "\u200b\u2060 \u3164"},
        {"words": "x" * 301},
        {"about": "cases"},
        {"form_key": "x"},
    ],
)
def test_bad_input_gets_a_sentence(cast, sign_in, bad):
    form = {"about": "roster", "words": WORDS, "form_key": uuid.uuid4()} | bad
    answer = sign_in(cast.midori.user).post(page(cast), form)
    assert answer.status_code == 422
    assert not CorrectionRequest.objects.exists()


def test_an_answer_needs_words_and_is_given_once(cast):
    row = ask(cast)
    with pytest.raises(CannotCorrect, match="300字"):
        answer_correction(row, actor=cast.homeroom.user, words=" ")
    answer_correction(row, actor=cast.homeroom.user, words="直しました")
    with pytest.raises(CannotCorrect, match="もう答えた"):
        answer_correction(row, actor=cast.principal.user, words="もう一度")


@pytest.mark.parametrize("words", ["\u200b", "\u3164\u3000", "\u2800"])
def test_an_answer_that_nobody_can_see_is_refused(cast, words):
    row = ask(cast)
    with pytest.raises(CannotCorrect, match="300字"):
        answer_correction(row, actor=cast.homeroom.user, words=words)


def test_a_refused_answer_opens_nothing(cast, sign_in):
    row = ask(cast, actor=cast.sakura.user)
    staff = sign_in(cast.homeroom.user)
    for answer in ("", "長" * 301):
        page = staff.post(open_page(row), {"answer": answer})
        assert page.status_code == 422
        assert WORDS not in page.content.decode() and "300字まで" in page.content.decode()
    assert "長長長" in page.content.decode()  # what was written is not lost
    row.refresh_from_db()
    assert row.seen_at is None
    assert not AuditEvent.objects.filter(action=Action.SEALED_OPENED).exists()


def test_staff_elsewhere_and_other_roles_do_not_reach_it(cast, sign_in):
    row = ask(cast, actor=cast.sakura.user)
    assert corrections_visible_to(cast.principal.user).get() == row
    assert not corrections_visible_to(cast.away_nurse.user).exists()
    for who in ("nurse", "officer", "helpdesk", "away_nurse"):
        assert sign_in(getattr(cast, who).user).get(open_page(row)).status_code == 403
    away = factories.staff_post(Role.PRIVACY, of=cast.away)
    assert sign_in(away.user).get(open_page(row)).status_code == 404
    with pytest.raises(PermissionDenied):
        open_correction(row, actor=cast.nurse.user)


def test_a_get_opens_nothing(cast, sign_in):
    row = ask(cast)
    text = sign_in(cast.homeroom.user).get(open_page(row)).content.decode()
    assert WORDS not in text
    row.refresh_from_db()
    assert row.seen_at is None
    assert not AuditEvent.objects.filter(action=Action.SEALED_OPENED).exists()


def test_staff_open_and_answer_it_in_admin(cast, sign_in):
    row = ask(cast, actor=cast.sakura.user)
    staff = sign_in(cast.homeroom.user)
    assert "まちがいの連絡(答えていない)" in staff.get(reverse("admin:index")).content.decode()
    assert WORDS in staff.post(open_page(row), {"open": "1"}, follow=True).content.decode()
    empty = staff.post(open_page(row), {"answer": ""})
    assert "300字まで" in empty.content.decode()
    done = staff.post(open_page(row), {"answer": "直しました"}, follow=True)
    assert "答えました" in done.content.decode()
    row.refresh_from_db()
    assert row.state == "answered"
    assert "まちがいの連絡(答えていない)" not in staff.get(reverse("admin:index")).content.decode()


def test_outsiders_have_no_page(cast, sign_in, client):
    for user in (cast.other_guardian.user, cast.nurse.user):
        assert sign_in(user).get(page(cast)).status_code == 404
    assert client.get(page(cast)).status_code == 302
    cast.sakura.guardianships.update(ended_at=timezone.now())
    assert sign_in(cast.midori.user).get(page(cast)).status_code == 404
