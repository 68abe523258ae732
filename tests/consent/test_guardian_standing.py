"""Keeping a guardian out from a child works at once, everywhere, and begins or loses nothing."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Audience, AuditEvent
from apps.consent.models import (
    AnswerNeeded,
    ConsentDecision,
    ConsentMessage,
    ConsentReceipt,
    Decider,
    PaperForm,
    Purpose,
    Response,
)
from apps.consent.services import standing_changes as changes
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.paper_forms import (
    CannotEnterAnswers,
    enter_paper_form,
    issue_paper_forms,
)
from apps.consent.services.purpose_status import CannotDecide, is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    Guardian,
    Guardianship,
    GuardianStanding,
    PendingAct,
    Role,
    StandingChange,
    User,
)
from apps.people.permissions import visible_students
from apps.people.services import act_queries, pending_acts
from apps.vault.models import SubjectKey
from tests import factories

ATTENDANCE = Purpose.ATTENDANCE
REASON = "支援措置の通知が届いたため"


def tie_of(guardian, student):
    return Guardianship.objects.get(guardian=guardian, student=student, ended_at=None)


def keep_out(guardian, student, by):
    return changes.keep_out(
        tie_of(guardian, student), by=by.user, why="support", reason=REASON,
        document_number="教学 第12号",
    )  # fmt: skip


def let_in(guardian, student, by, second):
    act = changes.propose_let_in(
        tie_of(guardian, student), by=by.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    pending_acts.confirm(act, by=second.user)
    reconcile_all()
    return act


def say(student, user, response=Response.GIVEN, purpose=ATTENDANCE):
    return decide(student=student, actor=user, answers={purpose: response}, form_key=uuid.uuid4())


def key_of(student):
    return SubjectKey.objects.filter(student=student, purpose=ATTENDANCE).first()


@pytest.fixture
def town(cast):
    """Sakura with two guardians, midori and hajime, and nobody has answered yet."""
    factories.policy(cast.city)
    factories.document(cast.city)
    cast.hajime = factories.guardian(cast.sakura, "こうた", "hajime@example.com")
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    return cast


# -- keys and answers ---------------------------------------------------------------------------


def test_what_rested_on_their_answer_alone_pauses_and_is_not_destroyed(town):
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    before = key_of(town.sakura).pk
    keep_out(town.hajime, town.sakura, town.principal)
    assert not is_effective(town.sakura, ATTENDANCE)
    key = key_of(town.sakura)
    assert (key.pk, key.destroy_after) == (before, None)
    for days in (1, 30):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            reconcile_all()
            reconcile_all()
            assert key_of(town.sakura).pk == before
    (state,) = statuses_for(town.sakura, town.midori.user)
    assert state.is_open  # the other guardian is asked
    say(town.sakura, town.midori.user)
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before


def test_what_the_other_guardian_agreed_to_as_well_goes_on(town):
    for person in (town.midori, town.hajime, town.sakura):
        say(town.sakura, person.user)
    keep_out(town.hajime, town.sakura, town.principal)
    reconcile_all()
    assert is_effective(town.sakura, ATTENDANCE)


def test_a_parent_on_the_staff_decides_nothing_about_the_other_parent(town):
    Guardian.objects.filter(user=town.midori.user).update(user=town.principal.user)
    with pytest.raises(pending_acts.CannotAct, match="自分の子ども"):
        keep_out(town.hajime, town.sakura, town.principal)
    town.principal.user = User.objects.get(pk=town.principal.user_id)
    assert tie_of(town.hajime, town.sakura).standing != GuardianStanding.KEPT_OUT


def test_a_parent_on_the_staff_neither_confirms_nor_stops_the_other_s_letting_in(town):
    keep_out(town.hajime, town.sakura, town.principal)
    act = changes.propose_let_in(
        tie_of(town.hajime, town.sakura), by=town.principal.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    assert act_queries.why_not_stop(act, User.objects.get(pk=town.officer.user_id)) == ""
    Guardian.objects.filter(user=town.midori.user).update(user=town.officer.user)
    parent = User.objects.get(pk=town.officer.user_id)
    assert "自分の子ども" in act_queries.why_not_stop(act, parent)
    assert "自分の子ども" in act_queries.why_not_confirm(act, parent)


def test_a_refusal_that_counts_no_more_begins_nothing_until_the_other_answers_anew(town):
    say(town.sakura, town.hajime.user, Response.REFUSED)
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    assert key_of(town.sakura) is None
    keep_out(town.hajime, town.sakura, town.principal)
    reconcile_all()
    assert key_of(town.sakura) is None
    assert AnswerNeeded.objects.get().purpose == ATTENDANCE
    (state,) = statuses_for(town.sakura, town.midori.user)
    assert state.is_open
    say(town.sakura, town.midori.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_a_refusal_that_ended_a_key_begins_nothing_either(town):
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    say(town.sakura, town.hajime.user, Response.REFUSED)
    keep_out(town.hajime, town.sakura, town.principal)
    reconcile_all()
    assert key_of(town.sakura) is None
    say(town.sakura, town.midori.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_it_begins_nothing_later_either_when_the_term_begins(town):
    town.programme.delete()
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    say(town.sakura, town.hajime.user, Response.REFUSED)
    keep_out(town.hajime, town.sakura, town.principal)
    factories.programme(town.city)
    reconcile_all()
    assert key_of(town.sakura) is None


def test_where_the_only_guardian_is_kept_out_nothing_that_needs_consent_runs(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    factories.make_effective(cast.ren, ATTENDANCE)
    keep_out(cast.midori, cast.sakura, cast.officer)
    reconcile_all()
    assert not is_effective(cast.sakura, ATTENDANCE)
    assert is_effective(cast.ren, ATTENDANCE)
    assert issue_paper_forms([cast.sakura], by=cast.homeroom.user) == []


def test_a_no_of_the_child_still_destroys_the_key_that_waits(town):
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    keep_out(town.hajime, town.sakura, town.principal)
    say(town.sakura, town.sakura.user, Response.WITHDRAWN)
    assert key_of(town.sakura) is None


def test_what_a_kept_out_guardian_sends_is_refused_and_changes_nothing(town):
    for person in (town.midori, town.hajime, town.sakura):
        say(town.sakura, person.user)
    keep_out(town.hajime, town.sakura, town.principal)
    n = ConsentDecision.objects.count()
    with pytest.raises(CannotDecide):
        say(town.sakura, town.hajime.user, Response.REFUSED)
    with pytest.raises(CannotDecide):
        withdraw(
            student=town.sakura, actor=town.hajime.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
        )
    assert ConsentDecision.objects.count() == n
    assert is_effective(town.sakura, ATTENDANCE)


def test_a_paper_of_theirs_is_neither_entered_nor_found_by_its_number(town, sign_in):
    (paper,) = [p for p in issue_paper_forms([town.sakura], by=town.homeroom.user)
                if p.guardian_id == town.hajime.pk]  # fmt: skip
    keep_out(town.hajime, town.sakura, town.principal)
    with pytest.raises(CannotEnterAnswers):
        enter_paper_form(
            paper, answers={ATTENDANCE: Response.GIVEN},
            signed_on=paper.issued_at.date(), by=town.homeroom.user,
        )  # fmt: skip
    page = reverse("consent:paper", args=[PaperForm.objects.get(pk=paper.pk).number])
    assert sign_in(town.hajime.user).get(page).status_code == 404


# -- letting in again ---------------------------------------------------------------------------


def test_letting_in_needs_both_first_and_restores_exactly_what_was(town):
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    before = key_of(town.sakura).pk
    keep_out(town.hajime, town.sakura, town.principal)
    act = changes.propose_let_in(
        tie_of(town.hajime, town.sakura), by=town.principal.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    reconcile_all()
    assert not visible_students(town.hajime.user).exists()
    pending_acts.confirm(act, by=town.officer.user)
    reconcile_all()
    assert list(visible_students(town.hajime.user)) == [town.sakura]
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before
    assert not PendingAct.objects.open().exists()  # the unconfirmed keeping out is over too


def test_letting_in_does_not_begin_what_was_not_agreed_before(town):
    say(town.sakura, town.hajime.user)
    keep_out(town.hajime, town.sakura, town.principal)
    say(town.sakura, town.sakura.user)  # meanwhile: with hajime's yes it would begin
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    assert key_of(town.sakura) is None
    (state,) = statuses_for(town.sakura, town.hajime.user)
    assert state.is_open
    say(town.sakura, town.hajime.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_letting_in_before_a_term_begins_asks_nobody_anew(town):
    town.programme.delete()
    say(town.sakura, town.hajime.user)
    say(town.sakura, town.sakura.user)
    keep_out(town.hajime, town.sakura, town.principal)
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    factories.programme(town.city)
    reconcile_all()
    assert is_effective(town.sakura, ATTENDANCE)


def test_the_schools_lead_alone_and_a_colleague_of_the_school_cannot_let_in(town):
    keep_out(town.hajime, town.sakura, town.officer)
    act = changes.propose_let_in(
        tie_of(town.hajime, town.sakura), by=town.officer.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    for someone in (town.officer, town.principal, town.homeroom, town.nurse):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(act, by=someone.user)
    pending_acts.confirm(act, by=town.privacy.user)


# -- what the person kept out can reach ---------------------------------------------------------


def pages_of(student, guardian):
    """Every address of a guardian that is about one child; (method, address)."""
    pk, found = student.pk, []
    for name in (
        "consent:overview",
        "consent:check",
        "disclosure:corrections",
        "disclosure:access_log",
    ):
        found.append(reverse(name, args=[pk]))
    for name in ("ask", "withdraw"):
        found.append(reverse(f"consent:{name}", args=[pk, ATTENDANCE]))
    for receipt in ConsentReceipt.objects.filter(student=student):
        found += [
            reverse(f"consent:{name}", args=[receipt.pk]) for name in ("receipt", "pdf", "json")
        ]
    for paper in PaperForm.objects.filter(student=student):
        found.append(reverse("consent:paper", args=[paper.number]))
    found += [
        reverse(f"disclosure:{name}", args=[pk]) for name in ("personal_data", "personal_data_file")
    ]
    found.append(reverse("selfinfo:begin", args=[pk]))
    return [(method, page) for page in found for method in ("get", "post")]


def mine_of(guardian):
    """The ids of the receipts of this guardian's own answers."""
    return ConsentReceipt.objects.filter(decided_by=guardian.user).values_list("pk", flat=True)


GENERAL = ["/", "/notices/", "/places/", "/push/", "/consent/receipts/check/"]


def test_every_address_of_the_child_answers_as_for_a_strangers_child(town, sign_in):
    town.aoi = factories.student(town.class_2, "あおば", family="別姓", number=7)
    factories.guardianship(town.hajime, town.aoi)
    for person in (town.midori, town.hajime, town.sakura):
        say(town.sakura, person.user)
    issue_paper_forms([town.sakura], by=town.homeroom.user)
    planted = [town.sakura.given_name, town.class_1.title]
    stranger, client = sign_in(town.other_guardian.user), sign_in(town.hajime.user)
    addresses = pages_of(town.sakura, town.hajime)
    assert {client.get(page).status_code for method, page in addresses if method == "get"} > {404}
    keep_out(town.hajime, town.sakura, town.principal)
    assert len(addresses) > 30
    own = {page for page in addresses if any(str(pk) in page[1] for pk in mine_of(town.hajime))}
    for method, page in own:  # as of a child who moved away, with the name and no place of today
        answer = getattr(client, method)(page)
        assert answer.status_code == (200 if method == "get" else 405), page
        assert town.class_1.title not in answer.content.decode(errors="replace"), page
    addresses = [page for page in addresses if page not in own]
    for method, page in addresses:  # the session was open before
        mine, theirs = getattr(client, method)(page), getattr(stranger, method)(page)
        assert mine.status_code == theirs.status_code, page
        assert mine.status_code in (404, 405), page
        assert not any(word in mine.content.decode() for word in planted), page
    for page in GENERAL:
        text = client.get(page).content.decode()
        assert not any(word in text for word in planted), page
    assert town.aoi.full_name in client.get("/").content.decode()
    assert client.get(reverse("consent:overview", args=[town.aoi.pk])).status_code == 200


def test_their_other_child_is_as_before(town, sign_in):
    sibling = factories.student(town.class_2, "すみれ", number=3)
    factories.guardianship(town.hajime, sibling)
    for person in (town.hajime, sibling):
        say(sibling, person.user)
    keep_out(town.hajime, town.sakura, town.principal)
    reconcile_all()
    assert is_effective(sibling, ATTENDANCE)
    assert list(visible_students(town.hajime.user)) == [sibling]


def test_messages_about_the_child_are_gone_from_their_inbox(town, sign_in):
    for person in (town.hajime, town.midori, town.sakura):
        say(town.sakura, person.user)
    assert ConsentMessage.objects.filter(user=town.hajime.user).exists()
    keep_out(town.hajime, town.sakura, town.principal)
    page = sign_in(town.hajime.user).get("/notices/").content.decode()
    assert "さくら" not in page


def test_no_page_of_the_family_says_that_somebody_is_kept_out(town, sign_in):
    for person in (town.hajime, town.sakura):
        say(town.sakura, person.user)
    keep_out(town.hajime, town.sakura, town.principal)
    for user in (town.midori.user, town.sakura.user):
        client = sign_in(user)
        for name in ("consent:overview", "disclosure:access_log", "disclosure:personal_data"):
            page = client.get(reverse(name, args=[town.sakura.pk])).content.decode()
            assert "制限" not in page
            assert "こうた" not in page
            assert "連携を 止めました" not in page
        taken = client.post(reverse("disclosure:personal_data_file", args=[town.sakura.pk])).json()
        assert taken["parts"]["roster"]["rows"][0]["guardians"] == 2
        assert "kept" not in str(taken)


# -- staff --------------------------------------------------------------------------------------


def test_only_the_privacy_officer_reads_the_record_of_it(town):
    keep_out(town.hajime, town.sakura, town.principal)
    (event,) = AuditEvent.objects.filter(thing="people.StandingChange")
    assert event.audience == Audience.OFFICE
    change = StandingChange.objects.get()
    assert (change.reason, change.document_number) == ("support", "教学 第12号")
    assert change.changed_by == town.principal.user


def test_a_teacher_finds_no_page_of_standings(town, sign_in):
    tie = tie_of(town.hajime, town.sakura)
    pages = [
        reverse("admin:people_guardianship_changelist"),
        reverse("admin:people_guardianship_change", args=[tie.pk]),
        reverse("admin:people_guardianship_standing", args=[tie.pk]),
    ]
    for person in (town.homeroom, town.nurse, town.helpdesk, town.away_nurse):
        client = sign_in(person.user)
        assert {client.get(page).status_code for page in pages} <= {302, 403, 404}


@pytest.mark.parametrize("sent", [{}, {"why": "over", "document_number": "1"}, {"why": "support"}])
def test_without_a_reason_code_of_its_kind_and_a_number_nothing_is_shown(town, sign_in, sent):
    page = reverse("admin:people_guardianship_standing", args=[tie_of(town.hajime, town.sakura).pk])
    answer = sign_in(town.principal.user).post(page, sent)
    assert answer.status_code == 422
    assert not PendingAct.objects.exists()


def test_a_policy_that_asks_no_student_is_held_the_same_way(cast):
    factories.policy(cast.city, decider=Decider.GUARDIAN)
    factories.document(cast.city)
    say(cast.sakura, cast.midori.user)
    keep_out(cast.midori, cast.sakura, cast.principal)
    assert not is_effective(cast.sakura, ATTENDANCE)
    assert key_of(cast.sakura).destroy_after is None
