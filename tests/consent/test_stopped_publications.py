"""A document published by mistake can be stopped for a day, by either of the two people."""

import re
import uuid

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import (
    ConsentDecision,
    ConsentDocument,
    DeletionCertificate,
    Purpose,
    PurposePolicy,
)
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.documents import (
    CannotPublishDocument,
    draft_next_version,
    publish_document,
    review_document,
)
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.purpose_status import is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import ActState, PendingAct, Role
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.people.act_scenarios import DAY, the_act
from tests.vault.sealing_helpers import write

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def published(cast):
    """sakura and ren were linked, then a new version came: ``cast.words``."""
    factories.make_effective(cast.sakura, ATTENDANCE)
    factories.make_effective(cast.ren, ATTENDANCE)
    cast.row = write(cast.sakura, ATTENDANCE, {"code": "ABSENT_SICK"})
    cast.words = factories.next_document(cast.city, ATTENDANCE, by=cast.officer.user)
    return cast


def say(cast, user, response, student=None):
    decide(
        student=student or cast.sakura, actor=user, answers={ATTENDANCE: response},
        form_key=uuid.uuid4(),
    )  # fmt: skip


def stop(cast, by=None):
    pending_acts.stop(the_act(), by=by or cast.officer.user)
    reconcile_all()


def test_publishing_waits_a_day_with_both_people_on_the_record(published):
    act = the_act()
    assert (act.kind, act.state, act.preview) == (
        "words.publish", ActState.AGREED, {"keys": 2, "students": 2},
    )  # fmt: skip
    assert (act.proposed_by, act.confirmed_by) == (
        published.officer.user, published.words.reviewed_by,
    )  # fmt: skip
    assert act.due_at - act.proposed_at == timezone.timedelta(days=1)
    assert act.confirmed_at == published.words.reviewed_at


@pytest.mark.parametrize("who", ["first", "second"])
def test_either_of_the_two_stops_it_and_the_words_before_hold_again(published, who):
    people = {"first": published.officer.user, "second": published.words.reviewed_by}
    assert open_own([published.row], student=published.sakura) == [None]
    stop(published, by=people[who])
    assert ConsentDocument.objects.current().get(purpose=ATTENDANCE).version == 1
    assert open_own([published.row], student=published.sakura) == [{"code": "ABSENT_SICK"}]
    with time_machine.travel(timezone.now() + DAY, tick=False):
        assert reconcile_all() == 0
    assert is_effective(published.ren, ATTENDANCE)
    assert not DeletionCertificate.objects.exists()


def test_who_had_agreed_to_the_new_words_is_heard_as_before_and_who_refused_as_refusing(published):
    say(published, published.midori.user, "given")
    withdraw(
        student=published.ren, actor=published.ren.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    stop(published)
    assert is_effective(published.sakura, ATTENDANCE)
    assert not is_effective(published.ren, ATTENDANCE)
    say(published, published.midori.user, "given")
    assert is_effective(published.sakura, ATTENDANCE)
    assert verify_ledger().findings == []


@pytest.mark.parametrize(("who", "said"), [("midori", "later"), ("sakura", "unsure")])
def test_an_answer_that_destroyed_a_key_stays_heard_and_is_asked_anew(published, who, said):
    user = getattr(published, who).user
    say(published, user, said)
    assert not SubjectKey.objects.filter(student=published.sakura, purpose=ATTENDANCE).exists()
    stop(published)
    assert not SubjectKey.objects.filter(student=published.sakura, purpose=ATTENDANCE).exists()
    last = ConsentDecision.objects.filter(student=published.sakura, purpose=ATTENDANCE).latest()
    assert said in {decision.response for decision in last}
    with transaction.atomic():
        context = load_decision_context([published.sakura])[published.sakura.pk]
    answered = [s for s in context.valid_decisions if s.response]  # without who has said nothing
    assert {(s.party, s.response) for s in answered} == {(d.party, d.response) for d in last}
    state = next(s for s in statuses_for(published.sakura, user) if s.purpose == ATTENDANCE)
    assert state.is_open
    say(published, user, "given")
    assert is_effective(published.sakura, ATTENDANCE)


def test_what_the_new_words_narrowed_is_as_before(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    policy = PurposePolicy.objects.get(purpose=ATTENDANCE)
    before = (policy.readers, policy.kept_days)
    words = factories.next_document(cast.city, ATTENDANCE, by=cast.officer.user)
    PurposePolicy.objects.update(kept_days=10)
    stop(cast, by=words.reviewed_by)
    policy.refresh_from_db()
    assert (policy.readers, policy.kept_days) == before


def test_after_its_day_it_cannot_be_stopped_and_what_was_not_agreed_to_is_gone(published):
    for user in (published.midori.user, published.sakura.user):
        say(published, user, "given")
    with time_machine.travel(timezone.now() + DAY, tick=False):
        reconcile_all()
        reconcile_all()
        with pytest.raises(pending_acts.CannotAct, match="もう行った"):
            pending_acts.stop(the_act(), by=published.officer.user)
    assert SubjectKey.objects.get(purpose=ATTENDANCE).student == published.sakura
    assert DeletionCertificate.objects.get().ended_by == "new_words"


def test_publishing_asks_for_a_reason(cast, sign_in):
    factories.make_effective(cast.sakura, ATTENDANCE)
    words = factories.next_document(cast.city, ATTENDANCE, by=cast.officer.user)
    url = reverse("admin:consent_consentdocument_publish", args=[words.pk])
    page = sign_in(cast.officer.user).post(url, {"reason": " "})
    assert page.status_code == 422
    assert "なぜ変えるのか" in page.content.decode()


def test_the_page_before_says_how_many_are_linked_and_the_act_keeps_the_same_numbers(cast, sign_in):
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, ATTENDANCE)
    factories.make_effective(cast.sakura, Purpose.GRADES)
    now = ConsentDocument.objects.current().get(municipality=cast.city, purpose=ATTENDANCE)
    draft = draft_next_version(now, by=cast.officer.user)
    review_document(draft, by=factories.staff_post(Role.PRIVACY, of=cast.city).user)
    desk, url = (
        sign_in(cast.officer.user),
        reverse("admin:consent_consentdocument_publish", args=[draft.pk]),
    )
    page = desk.get(url).content.decode()
    assert "いまつながっている生徒: <strong>2人</strong>" in page
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    desk.post(url, {"seen": seen, "reason": "言葉をわかりやすくしたため"})
    act = the_act()
    assert act.preview == {"keys": 2, "students": 2}
    shown = desk.get(reverse("admin:people_pendingact_change", args=[act.pk])).content.decode()
    tiles = re.findall(r"<strong>(\d+)</strong>", shown)
    assert tiles == ["2", "2"]


def test_where_nobody_is_linked_nothing_has_to_wait(cast):
    factories.policy(cast.city)
    factories.document(cast.city)
    factories.next_document(cast.city, ATTENDANCE, by=cast.officer.user)
    assert not PendingAct.objects.exists()


def test_who_read_the_words_and_publishes_them_is_who_began_it_even_after_the_writer_left(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    reader = factories.staff_post(Role.CITY, of=cast.city, name="読んで公開する人").user
    words = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    draft = review_document(draft_next_version(words, by=cast.officer.user), by=reader)
    cast.officer.is_enabled = False  # the writer holds no post any more
    cast.officer.save()
    publish_document(draft, by=reader, reason="説明を新しくするため")
    act = the_act()
    assert (act.proposed_by, act.proposed_role, act.confirmed_by) == (reader, "city", None)
    assert act.state == ActState.AGREED
    assert act.due_at - act.proposed_at == timezone.timedelta(days=1)
    pending_acts.stop(act, by=reader)
    reconcile_all()
    assert is_effective(cast.sakura, ATTENDANCE)


def read_by_a_colleague(cast):
    """A new version, reviewed by a colleague while there was no privacy officer."""
    factories.make_effective(cast.sakura, ATTENDANCE)
    reader = factories.staff_post(Role.CITY, of=cast.city, name="となりの席").user
    words = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    return draft_next_version(words, by=cast.officer.user), reader


def test_where_a_privacy_officer_is_there_a_colleague_of_the_same_role_does_not_read(cast):
    draft, reader = read_by_a_colleague(cast)
    factories.staff_post(Role.PRIVACY, of=cast.city)
    with pytest.raises(CannotPublishDocument, match=r"ちがう立場の人\(個人情報保護の担当\)"):
        review_document(draft, by=reader)
    draft.refresh_from_db()
    assert draft.reviewed_by is None


@pytest.mark.parametrize("who", ["officer", "reader"])
def test_what_a_colleague_read_before_is_read_again_by_the_privacy_officer(cast, who):
    draft, reader = read_by_a_colleague(cast)
    draft = review_document(draft, by=reader)
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city).user
    publisher = reader if who == "reader" else cast.officer.user
    with pytest.raises(CannotPublishDocument, match="ちがう立場の人"):
        publish_document(draft, by=publisher, reason="説明を新しくするため")
    assert is_effective(cast.sakura, ATTENDANCE)
    publish_document(
        review_document(draft, by=privacy), by=publisher, reason="説明を新しくするため"
    )
    act = the_act()
    assert (act.proposed_role, act.confirmed_role) == ("city", "privacy")


def test_where_nobody_of_another_role_is_there_a_colleague_s_reading_does(cast):
    draft, reader = read_by_a_colleague(cast)
    publish_document(
        review_document(draft, by=reader), by=cast.officer.user, reason="説明を新しくするため"
    )
    assert (the_act().proposed_by, the_act().confirmed_by) == (cast.officer.user, reader)


def test_what_the_privacy_officer_read_counts_after_they_left(cast):
    draft, _ = read_by_a_colleague(cast)
    post = factories.staff_post(Role.PRIVACY, of=cast.city)
    draft = review_document(draft, by=post.user)
    post.is_enabled = False
    post.save()
    factories.staff_post(Role.PRIVACY, of=cast.city, name="あとの人")
    publish_document(draft, by=cast.officer.user, reason="説明を新しくするため")
    assert the_act().confirmed_role == "privacy"


def test_words_that_ask_nobody_anew_are_read_by_any_second_person(cast):
    factories.policy(cast.city)
    factories.document(cast.city)
    factories.staff_post(Role.PRIVACY, of=cast.city)
    reader = factories.staff_post(Role.CITY, of=cast.city, name="となりの席").user
    words = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    draft = review_document(draft_next_version(words, by=cast.officer.user), by=reader)
    assert publish_document(draft, by=cast.officer.user, reason="説明を新しくするため").published_at
