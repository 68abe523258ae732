"""Restoring the database undoes no withdrawal, and damage is nobody's decision."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import ConsentMessage, DeletionCertificate, Response
from apps.consent.services import decisions, documents, purpose_status, scheduled_work
from apps.linkage.models import LinkedRecord
from apps.vault import damage, erasure_list
from apps.vault.damage import DAMAGED
from apps.vault.models import DamageReport, DestroyedKey, KeyEnd, SubjectKey
from apps.vault.services.sealed_content import open_own
from kaga_portal import startup_checks
from kaga_portal.celery import app
from tests import factories
from tests.checkins.tablet_client import deliver, opened, sealed
from tests.consent.restored_database_helpers import (
    ATTENDANCE,
    REVIEW,
    agree,
    delete_keys_without_share,
    delete_keys_without_share_unseen_by_triggers,
    do_nothing,
    folder,
    keys_of,
    linked,
    withdraw,
)
from tests.vault.damage_helpers import lose_share, share_of
from tests.vault.restore_helpers import back_up, restore

__all__ = ["folder", "linked"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "repair",
    [do_nothing, delete_keys_without_share, delete_keys_without_share_unseen_by_triggers],
)
def test_who_withdrew_since_the_backup_stays_withdrawn(linked, repair):
    backup = back_up()
    for student in (linked.sakura, linked.ren):
        withdraw(student)
    restore(backup)
    assert SubjectKey.objects.count() == 2
    repair()
    for _ in range(3):
        scheduled_work.reconcile_all()
    assert not SubjectKey.objects.exists()
    for student in (linked.sakura, linked.ren):
        assert open_own([linked.rows[student.pk]], student=student) == [None]
        assert not purpose_status.is_effective(student, ATTENDANCE)
    assert LinkedRecord.objects.orphaned().count() == 2  # the next sweep deletes them
    ends = DestroyedKey.objects.values_list("how", flat=True)
    assert set(ends) == {KeyEnd.REPLAYED}


@pytest.mark.django_db(transaction=True)
def test_who_withdrew_since_the_backup_is_told_and_asked_again(linked, sign_in):
    backup = back_up()
    withdraw(linked.sakura)
    restore(backup)
    scheduled_work.reconcile_all()
    certificate = DeletionCertificate.objects.get()
    assert (certificate.ended_by, certificate.student) == ("replayed", linked.sakura)
    messages = ConsentMessage.objects.filter(why="replayed")
    assert set(messages.values_list("user", flat=True)) == {linked.sakura.user.pk}
    states = purpose_status.statuses_for(linked.sakura, linked.midori.user)
    assert [state.is_open for state in states if state.purpose == ATTENDANCE] == [True]
    page = sign_in(linked.midori.user).get(reverse("portal:home"))
    assert page.status_code == 200
    assert scheduled_work.reconcile_all() == 0


@pytest.mark.django_db(transaction=True)
def test_after_the_restore_one_old_yes_and_one_new_one_are_not_enough(linked):
    backup = back_up()
    withdraw(linked.sakura)
    restore(backup)
    scheduled_work.reconcile_all()
    decisions.decide(
        student=linked.sakura, actor=linked.sakura.user, answers={ATTENDANCE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    assert not keys_of(linked.sakura).exists()
    scheduled_work.reconcile_all()
    assert not keys_of(linked.sakura).exists()
    agree(linked.sakura)
    assert keys_of(linked.sakura).exists()
    scheduled_work.reconcile_all()
    assert keys_of(linked.sakura).exists()


@pytest.mark.django_db(transaction=True)
def test_who_did_not_withdraw_keeps_everything(linked):
    backup = back_up()
    withdraw(linked.sakura)
    restore(backup)
    scheduled_work.reconcile_all()
    row = linked.rows[linked.ren.pk]
    assert open_own([row], student=linked.ren) == [{"code": "LATE"}]
    assert not DamageReport.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_start_replays_the_list_before_anybody_is_served(linked):
    backup = back_up()
    for student in (linked.sakura, linked.ren):
        withdraw(student)
    restore(backup)
    startup_checks.refuse_if_unsafe(app)
    assert not SubjectKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_command_says_how_many_are_gone_again_and_twice_is_once(linked, capsys):
    backup = back_up()
    withdraw(linked.sakura)
    restore(backup)
    call_command("replay_erasures")
    call_command("replay_erasures")
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in out] == ["1", "0"]
    assert DeletionCertificate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_store_nothing_is_replayed_and_the_command_says_so(linked, folder):
    backup = back_up()
    withdraw(linked.sakura)
    restore(backup)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(CommandError, match="away"):
        call_command("replay_erasures")
    scheduled_work.reconcile_all()
    assert keys_of(linked.sakura).exists()
    assert open_own([linked.rows[linked.sakura.pk]], student=linked.sakura) == [damage.UNAVAILABLE]


@pytest.mark.django_db(transaction=True)
def test_a_tablet_keeps_its_answer_where_the_restored_database_does_not_know_its_key(
    cast, folder, client
):
    from apps.checkins.services import question_sets  # noqa: PLC0415

    question_sets.seed_questions()
    factories.make_effective(cast.ren, REVIEW)
    opened(cast.ren)  # today's delivery key
    backup = back_up()
    factories.make_effective(cast.sakura, REVIEW)
    item = sealed(opened(cast.sakura), {"mood": "1"})
    key_id = SubjectKey.objects.get(student=cast.sakura).pk
    restore(backup)
    assert deliver(client, item) == ["later"]
    scheduled_work.reconcile_all()
    assert share_of(key_id).exists()  # another, later backup may still come


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_stands_on_the_list_with_ids_and_times_only(linked, folder):
    key = keys_of(linked.sakura).get()
    withdraw(linked.sakura)
    assert not share_of(key.pk).exists()
    (line,) = (folder / erasure_list.FILE_NAME).read_text().split("\n\n")
    words = line.split()
    assert words[:3] == [str(key.pk), str(linked.sakura.pk), ATTENDANCE]
    assert len(words) == 5
    assert DestroyedKey.objects.get().listed_at is not None
    assert (folder / erasure_list.FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_while_the_store_was_away_is_listed_by_the_sweep(linked, folder):
    key = keys_of(linked.sakura).get()
    folder.rename(folder.with_name("elsewhere"))
    withdraw(linked.sakura)
    scheduled_work.reconcile_all()
    folder.with_name("elsewhere").rename(folder)
    assert share_of(key.pk).exists()
    scheduled_work.reconcile_all()
    assert not share_of(key.pk).exists()
    assert [erasure.key_id for erasure in erasure_list.read_erasures(folder)] == [key.pk]


def test_a_line_that_was_cut_is_passed_over_and_the_next_one_is_whole(tmp_path):
    one, two = (
        erasure_list.Erasure(uuid.uuid4(), uuid.uuid4(), "attendance", timezone.now())
        for _ in range(2)
    )
    erasure_list.append_erasures(tmp_path, [one])
    path = Path(tmp_path) / erasure_list.FILE_NAME
    path.write_bytes(path.read_bytes()[:-9])
    erasure_list.append_erasures(tmp_path, [two])
    assert list(erasure_list.read_erasures(tmp_path)) == [two]


def test_there_is_no_list_before_anything_ended(tmp_path):
    assert list(erasure_list.read_erasures(tmp_path)) == []


def test_when_who_withdrew_is_no_guardian_any_more_nobody_elses_old_yes_makes_a_key(linked):
    fellow = factories.guardian(linked.sakura, "ちち", "chichi@example.com")
    decisions.decide(
        student=linked.sakura, actor=fellow.user, answers={ATTENDANCE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    decisions.withdraw(
        student=linked.sakura, actor=linked.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    linked.midori.guardianships.update(ended_at=timezone.now())
    scheduled_work.reconcile_all()
    assert not keys_of(linked.sakura).exists()
    states = purpose_status.statuses_for(linked.sakura, fellow.user)
    assert [state.is_open for state in states if state.purpose == ATTENDANCE] == [True]


def test_a_row_deleted_by_hand_is_damage_and_no_sweep_makes_the_key_again(linked):
    key = keys_of(linked.sakura).get()
    lose_share(key.pk)
    delete_keys_without_share()
    scheduled_work.reconcile_all()
    assert not keys_of(linked.sakura).exists()
    report = DamageReport.objects.get(key_id=key.pk)
    assert (report.kind, report.municipality) == ("key_gone", linked.city)
    assert not LinkedRecord.objects.orphaned().exists()  # nothing is destroyed
    assert not DeletionCertificate.objects.exists()


def test_a_missing_share_that_is_not_on_the_list_destroys_nothing(linked):
    key = keys_of(linked.sakura).get()
    lose_share(key.pk)
    assert open_own([linked.rows[linked.sakura.pk]], student=linked.sakura) == [DAMAGED]
    scheduled_work.reconcile_all()
    assert keys_of(linked.sakura).get().pk == key.pk
    assert DamageReport.objects.get().kind == "share_missing"
    assert not LinkedRecord.objects.orphaned().exists()


def test_what_ended_by_circumstances_begins_again_with_the_same_answers(linked):
    policy = linked.sakura.subject_keys.get().municipality.purposepolicy_set.get()
    policy.is_offered = False
    documents.change_policy(policy, by=linked.officer.user, fields=["is_offered"])
    SubjectKey.objects.update(destroy_after=timezone.now() - timedelta(seconds=1))
    scheduled_work.reconcile_all()
    assert not SubjectKey.objects.exists()
    policy.is_offered = True
    documents.change_policy(policy, by=linked.officer.user, fields=["is_offered"])
    scheduled_work.reconcile_all()
    assert SubjectKey.objects.count() == 2
