"""A guardian whom the school has not confirmed reads and answers; the answers count from then on."""

import re
import uuid

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.models import Action, Audience, AuditEvent
from apps.consent.models import ConsentDecision, ConsentReceipt, Party, Purpose, Response
from apps.consent.services import standing_changes as changes
from apps.consent.services.decisions import decide
from apps.consent.services.purpose_status import (
    CannotDecide,
    is_effective,
    receipts_readable_by,
    statuses_for,
    students_known_to,
)
from apps.consent.services.respondents import statuses_to_answer, students_to_answer_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.core.clock import today
from apps.disclosure.services.access_days import all_access_days
from apps.people.models import Guardian, GuardianOrigin, Guardianship, GuardianStanding, Relation
from apps.vault.models import SubjectKey
from tests import factories

ATTENDANCE = Purpose.ATTENDANCE


def comes_by_letter(student, given, email, *, family="加賀", **guardianship):
    """A guardian who came by a letter of this student and waits for the school."""
    guardian = Guardian.objects.create(
        municipality=student.municipality, user=factories.user(email),
        origin=GuardianOrigin.LETTER, family_name=family, given_name=given,
    )  # fmt: skip
    Guardianship.objects.create(
        municipality=student.municipality, guardian=guardian, student=student,
        origin=GuardianOrigin.LETTER, standing=GuardianStanding.WAITING,
        **({"relation": Relation.FATHER} | guardianship),
    )  # fmt: skip
    return guardian


def confirm(guardian, standing=GuardianStanding.DECIDES):
    """The school confirms this guardian; the keys follow."""
    Guardianship.objects.filter(guardian=guardian, ended_at=None).update(standing=standing)
    reconcile_all()


def say(student, user, response=Response.GIVEN, purpose=ATTENDANCE):
    return decide(student=student, actor=user, answers={purpose: response}, form_key=uuid.uuid4())


def keys_of(student):
    return set(SubjectKey.objects.filter(student=student).values_list("purpose", "pk", "paused_at"))


@pytest.fixture
def town(cast):
    """さくら with みどり named by the roster; ひかる came by a letter and waits."""
    factories.policy(cast.city)
    factories.document(cast.city)
    cast.hikaru = comes_by_letter(cast.sakura, "ひかる", "hikaru@example.com")
    return cast


@pytest.fixture
def alone(town):
    """The same where the roster names nobody."""
    Guardianship.objects.filter(origin=GuardianOrigin.ROSTER).delete()
    return town


# -- what counts, and from when -----------------------------------------------------------------------


def test_before_the_confirmation_no_key_is_made_and_afterwards_the_answer_counts(alone):
    say(alone.sakura, alone.sakura.user)
    say(alone.sakura, alone.hikaru.user)
    reconcile_all()
    assert keys_of(alone.sakura) == set()
    assert not is_effective(alone.sakura, ATTENDANCE)
    confirm(alone.hikaru)
    assert is_effective(alone.sakura, ATTENDANCE)


@pytest.mark.parametrize("response", [Response.REFUSED, Response.WITHDRAWN, Response.LATER])
def test_a_no_of_who_waits_blocks_and_pauses_nothing_until_the_school_confirmed(town, response):
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    before = keys_of(town.sakura)
    say(town.sakura, town.hikaru.user, Response.GIVEN)
    say(town.sakura, town.hikaru.user, response)
    reconcile_all()
    assert is_effective(town.sakura, ATTENDANCE)
    assert keys_of(town.sakura) == before
    confirm(town.hikaru)
    assert not is_effective(town.sakura, ATTENDANCE)
    assert {key[1] for key in keys_of(town.sakura)} == {key[1] for key in before}  # a day's time


def test_a_no_of_who_waits_does_not_hurry_a_key_that_waits_to_be_destroyed(town):
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    Guardianship.objects.filter(guardian=town.midori).update(ended_at="2026-11-02T00:00Z")
    reconcile_all()
    (paused,) = keys_of(town.sakura)
    assert paused[2] is not None
    say(town.sakura, town.hikaru.user, Response.REFUSED)
    assert keys_of(town.sakura) == {paused}


def test_who_is_confirmed_as_informed_is_not_counted_either(alone):
    say(alone.sakura, alone.sakura.user)
    say(alone.sakura, alone.hikaru.user)
    confirm(alone.hikaru, GuardianStanding.INFORMED)
    assert keys_of(alone.sakura) == set()


@pytest.mark.parametrize("response", [Response.GIVEN, Response.REFUSED])
def test_what_a_refused_arrival_said_was_never_said(town, response):
    say(town.sakura, town.hikaru.user, response)
    Guardianship.objects.filter(guardian=town.hikaru).update(ended_at="2026-11-01T00:00Z")
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    reconcile_all()
    assert is_effective(town.sakura, ATTENDANCE)


@pytest.mark.parametrize("age", [13, 19])
def test_who_waits_is_asked_the_same_whatever_the_age_and_no_age_is_heard(alone, age):
    alone.city.purposepolicy_set.update(alone_from_age=18)
    alone.sakura.birth_month = today().replace(year=today().year - age, day=1)
    alone.sakura.save()
    statuses = statuses_to_answer(alone.sakura, alone.hikaru.user)
    assert [state.purpose for state in statuses] == [ATTENDANCE]
    assert say(alone.sakura, alone.hikaru.user, Response.REFUSED)
    say(alone.sakura, alone.sakura.user)
    confirm(alone.hikaru)
    assert is_effective(alone.sakura, ATTENDANCE) == (age == 19)


def test_two_who_wait_answer_each_for_themselves(alone):
    second = comes_by_letter(alone.sakura, "そら", "sora@example.com", relation="mother")
    say(alone.sakura, alone.sakura.user)
    say(alone.sakura, alone.hikaru.user)
    say(alone.sakura, second.user, Response.REFUSED)
    confirm(alone.hikaru)
    assert is_effective(alone.sakura, ATTENDANCE)
    confirm(second)
    assert not is_effective(alone.sakura, ATTENDANCE)


WORDS = st.sampled_from([Response.GIVEN, Response.REFUSED, Response.WITHDRAWN, Response.LATER])
STEPS = st.lists(st.tuples(st.sampled_from(["hikaru", "midori", "sakura"]), WORDS), max_size=6)


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=STEPS)
def test_whatever_who_waits_says_nothing_is_as_without_them(town, steps):
    """Keys and states of everybody else are those of a family without an unconfirmed guardian."""
    twin = factories.student(town.class_1, "ふたご", number=30)
    other = factories.guardian(twin, "みなと", f"{uuid.uuid4().hex}@example.com")
    of_twin = {"midori": other.user, "sakura": twin.user}
    comes = town.hikaru.user
    fresh = factories.student(town.class_1, "さき", number=31)
    parent = factories.guardian(fresh, "みな", f"{uuid.uuid4().hex}@example.com")
    Guardianship.objects.create(
        municipality=town.city, guardian=town.hikaru, student=fresh,
        origin=GuardianOrigin.LETTER, standing=GuardianStanding.WAITING, relation="father",
    )  # fmt: skip
    speakers = {"midori": parent.user, "sakura": fresh.user}
    for who, response in steps:
        if who == "hikaru":
            say(fresh, comes, response)
        else:
            say(fresh, speakers[who], response)
            say(twin, of_twin[who], response)
    reconcile_all()

    def messages_to(student, user):
        return [(s.purpose, s.why, s.is_open, s.may_withdraw) for s in statuses_for(student, user)]

    assert messages_to(fresh, parent.user) == messages_to(twin, other.user)
    assert messages_to(fresh, fresh.user) == messages_to(twin, twin.user)
    n_keys = [SubjectKey.objects.filter(student=one).count() for one in (fresh, twin)]
    assert n_keys[0] == n_keys[1]


# -- kept out while waiting -----------------------------------------------------------------------------


def test_who_is_kept_out_while_waiting_answers_as_before_and_nothing_rests_on_it(town):
    for person in (town.midori, town.sakura, town.hikaru):
        say(town.sakura, person.user)
    before = keys_of(town.sakura)
    guardianship = town.hikaru.guardianships.get()
    changes.keep_out(
        guardianship, by=town.principal.user, why="support", reason="支援措置の通知が届いたため",
        document_number="第1号",
    )  # fmt: skip
    reconcile_all()
    assert keys_of(town.sakura) == before
    assert say(town.sakura, town.hikaru.user, Response.REFUSED)
    reconcile_all()
    assert keys_of(town.sakura) == before
    say(town.sakura, town.midori.user, Response.WITHDRAWN)
    assert keys_of(town.sakura) == set()  # at once: nothing rests on who was never confirmed


def test_the_pages_of_who_is_kept_out_while_waiting_are_those_of_who_only_waits(town, sign_in):
    twin = comes_by_letter(town.sakura, "ひなた", "hinata@example.com")
    changes.keep_out(
        town.hikaru.guardianships.get(), by=town.principal.user, why="support",
        reason="支援措置の通知が届いたため", document_number="第1号",
    )  # fmt: skip
    own_page, other_page = sign_in(town.hikaru.user), sign_in(twin.user)
    for page in pages_of(town.sakura):
        for method in ("get", "post"):
            one, other = getattr(own_page, method)(page), getattr(other_page, method)(page)
            assert one.status_code == other.status_code, page
            assert _text(one) == _text(other), page


def _text(answer):
    """What a page shows, without what differs from person to person and from time to time."""
    page = answer.content.decode()
    return re.sub(r'value="[A-Za-z0-9-]{30,}"', "", page[page.find("<main") :])


# -- the pages ------------------------------------------------------------------------------------------


def pages_of(student):
    """The addresses at which who waits reads and answers."""
    return [
        reverse("consent:overview", args=[student.pk]),
        reverse("consent:ask", args=[student.pk, ATTENDANCE]),
        reverse("consent:check", args=[student.pk]),
        reverse("consent:withdraw", args=[student.pk, ATTENDANCE]),
    ]


def test_from_the_overview_to_a_receipt_that_says_when_it_counts(town, sign_in):
    client = sign_in(town.hikaru.user)
    overview, ask, check, _ = pages_of(town.sakura)
    page = client.get(overview).content.decode()
    assert "学校の確認のあとに数えます" in page
    document = town.city.consentdocument_set.get()
    client.post(ask, {"response": "given", "document": document.pk, "then": "check"})
    shown = client.get(check)
    assert "学校の確認のあとに数えます" in shown.content.decode()
    sent = client.post(check, {"form_key": shown.context["form_key"]})
    receipt = client.get(sent.url).content.decode()
    assert "学校の確認のあとに数えます" in receipt
    assert "さくら さん" in receipt
    assert town.sakura.full_name not in receipt
    pdf = client.get(reverse("consent:pdf", args=[ConsentReceipt.objects.get().pk]))
    assert pdf.status_code == 200
    confirm(town.hikaru)
    assert "学校の確認のあとに" not in client.get(sent.url).content.decode()
    assert town.sakura.full_name in client.get(overview).content.decode()


def test_pages_of_the_waiting_child_say_nothing_of_the_child(town, sign_in):
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    client = sign_in(town.hikaru.user)
    say(town.sakura, town.hikaru.user)
    planted = [
        town.sakura.full_name,
        town.class_1.title,
        "みどり",
        "つないでいます",
        "お子さんの返事",
    ]
    for page in pages_of(town.sakura):
        answer = client.get(page, follow=True)
        assert answer.status_code == 200
        assert not any(word in answer.content.decode() for word in planted), page
        assert (
            reverse("disclosure:access_log", args=[town.sakura.pk]) not in answer.content.decode()
        )
    (state,) = statuses_to_answer(town.sakura, town.hikaru.user)
    assert (state.why, state.pause, state.is_damaged) == ("waiting_school", None, False)


def test_it_stays_the_same_where_the_child_has_left_the_school_meanwhile(town, sign_in):
    client = sign_in(town.hikaru.user)
    before = [_text(client.get(page)) for page in pages_of(town.sakura)]
    town.sakura.left_at = "2026-11-01T00:00Z"
    town.sakura.save()
    assert [_text(client.get(page)) for page in pages_of(town.sakura)] == before
    assert say(town.sakura, town.hikaru.user)
    with pytest.raises(CannotDecide):
        say(town.sakura, town.midori.user)


def test_nobody_else_reads_what_who_waits_answered(town, sign_in):
    receipt = say(town.sakura, town.hikaru.user)
    for person in (town.midori, town.sakura):
        assert receipt not in receipts_readable_by(person.user)
        assert not all_access_days(town.sakura, person.user)
    event = AuditEvent.objects.get(action=Action.CONSENT_DECIDED)
    assert event.audience == Audience.PROTECTIVE
    assert receipt in receipts_readable_by(town.hikaru.user)
    confirm(town.hikaru)
    assert receipt not in receipts_readable_by(town.midori.user)


def test_the_other_guardian_reads_no_other_number_of_guardians(town, sign_in):
    data = reverse("disclosure:personal_data_file", args=[town.sakura.pk])

    def number_for(who):
        parts = sign_in(who.user).post(data).json()["parts"]
        return parts["roster"]["rows"][0]["guardians"]

    assert (number_for(town.midori), number_for(town.sakura)) == (1, 1)
    confirm(town.hikaru)
    assert (number_for(town.midori), number_for(town.sakura)) == (1, 2)


def test_a_waiting_child_is_answered_for_alone_and_is_no_sibling(town, sign_in):
    twin = factories.student(town.class_2, "すみれ", number=9)
    factories.guardianship(town.hikaru, twin)
    assert set(students_to_answer_for(town.hikaru.user)) == {town.sakura, twin}
    assert list(students_known_to(town.hikaru.user)) == [twin]
    client = sign_in(town.hikaru.user)
    document = town.city.consentdocument_set.get()
    for student, hidden in ((town.sakura, "すみれ"), (twin, "さくら")):
        _, ask, check, _ = pages_of(student)
        client.post(ask, {"response": "given", "document": document.pk, "then": "check"})
        assert hidden not in client.get(check).content.decode()


def test_an_outsider_answers_for_nobody(town, sign_in):
    client = sign_in(town.other_guardian.user)
    for page in pages_of(town.sakura):
        for method in ("get", "post"):
            assert getattr(client, method)(page).status_code in (404, 405)
    with pytest.raises(CannotDecide):
        say(town.sakura, town.other_guardian.user)
    assert not ConsentDecision.objects.filter(party=Party.GUARDIAN).exists()
