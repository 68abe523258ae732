"""Keeping a guardian out from a child works at once, everywhere, and begins or loses nothing."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import (
    AnswerNeeded,
    ConsentDecision,
    Decider,
    PaperForm,
    Response,
)
from apps.consent.services import standing_changes as changes
from apps.consent.services.decisions import withdraw
from apps.consent.services.paper_forms import (
    CannotEnterAnswers,
    enter_paper_form,
    issue_paper_forms,
)
from apps.consent.services.purpose_status import CannotDecide, is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    Guardian,
    GuardianStanding,
    User,
)
from apps.people.services import act_queries, pending_acts
from tests import factories
from tests.consent.standing_helpers import (
    ATTENDANCE,
    REASON,
    guardianship_of,
    keep_out,
    key_of,
    say,
    town,
)

__all__ = ["town"]


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
    assert guardianship_of(town.hajime, town.sakura).standing != GuardianStanding.KEPT_OUT


def test_a_parent_on_the_staff_neither_confirms_nor_stops_the_other_s_letting_in(town):
    keep_out(town.hajime, town.sakura, town.principal)
    act = changes.propose_let_in(
        guardianship_of(town.hajime, town.sakura), by=town.principal.user, why="over", reason=REASON,
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


def test_a_policy_that_asks_no_student_is_held_the_same_way(cast):
    factories.policy(cast.city, decider=Decider.GUARDIAN)
    factories.document(cast.city)
    say(cast.sakura, cast.midori.user)
    keep_out(cast.midori, cast.sakura, cast.principal)
    assert not is_effective(cast.sakura, ATTENDANCE)
    assert key_of(cast.sakura).destroy_after is None
