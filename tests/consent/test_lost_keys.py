"""Two people declare damaged keys lost; nobody in the family decided anything."""

import shutil

import pytest
from django.core.management import call_command
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.consent.models import ConsentMessage, DeletionCertificate
from apps.consent.services import purpose_status, scheduled_work
from apps.linkage.models import LinkedRecord
from apps.people.models import Role
from apps.people.services import pending_acts
from apps.vault.damage import DAMAGED
from apps.vault.models import DamageReport, ReplacedKey, SubjectKey
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.consent.restored_database_helpers import ATTENDANCE, agree, folder, keys_of, linked
from tests.people.act_scenarios import propose, the_act
from tests.vault.damage_helpers import lose_share, share_of

__all__ = ["folder", "linked"]


@pytest.fixture
def lost(linked, sign_in):
    """sakura's share is gone; one person has proposed to declare it lost."""
    linked.privacy = factories.staff_post(Role.PRIVACY, of=linked.city, name="個人情報の担当")
    linked.key = keys_of(linked.sakura).get()
    linked.share = lose_share(linked.key.pk)
    open_own([linked.rows[linked.sakura.pk]], student=linked.sakura)
    report = DamageReport.objects.get()
    client = sign_in(linked.privacy.user)
    url = reverse("admin:vault_damage_lose", args=[report.pk, "this"])
    assert (
        propose(client, client.post(url), reason="バックアップにもなかったため").status_code == 302
    )
    return linked


def test_one_person_alone_loses_nothing(lost):
    scheduled_work.reconcile_all()
    assert keys_of(lost.sakura).get().pk == lost.key.pk


def test_two_people_record_a_lost_key_and_no_decision_of_the_family(lost, sign_in):
    n_before = AuditEvent.objects.filter(action=Action.KEY_DESTROYED).count()
    pending_acts.confirm(the_act(), by=lost.officer.user)
    scheduled_work.reconcile_all()
    scheduled_work.reconcile_all()
    assert not keys_of(lost.sakura).exists()
    assert ReplacedKey.objects.get().lost_at is not None
    assert AuditEvent.objects.filter(action=Action.KEY_LOST).count() == 1
    assert AuditEvent.objects.filter(action=Action.KEY_DESTROYED).count() == n_before
    assert not DeletionCertificate.objects.exists()
    assert not LinkedRecord.objects.orphaned().exists()
    recipients = ConsentMessage.objects.filter(kind="lost").values_list("user", flat=True)
    assert set(recipients) == {lost.sakura.user.pk}
    page = sign_in(lost.sakura.user).get(reverse("notices:inbox")).content.decode()
    assert "だれかが" in page
    states = purpose_status.statuses_for(lost.sakura, lost.midori.user)
    assert [state.is_open for state in states if state.purpose == ATTENDANCE] == [True]


def test_a_family_that_agrees_again_gets_a_key_and_reads_the_old_rows_if_the_share_is_found(lost):
    pending_acts.confirm(the_act(), by=lost.officer.user)
    scheduled_work.reconcile_all()
    agree(lost.sakura)
    assert keys_of(lost.sakura).get().pk != lost.key.pk
    row = lost.rows[lost.sakura.pk]
    assert open_own([row], student=lost.sakura) == [DAMAGED]
    share_of(lost.key.pk).write_bytes(lost.share)
    assert open_own([row], student=lost.sakura) == [{"code": "LATE"}]


def test_a_share_that_is_found_before_the_second_word_is_not_lost(lost):
    share_of(lost.key.pk).write_bytes(lost.share)
    pending_acts.confirm(the_act(), by=lost.officer.user)
    scheduled_work.reconcile_all()
    assert keys_of(lost.sakura).get().pk == lost.key.pk
    assert open_own([lost.rows[lost.sakura.pk]], student=lost.sakura) == [{"code": "LATE"}]


def test_nothing_is_declared_lost_while_the_store_is_away(lost, folder):
    folder.rename(folder.with_name("elsewhere"))
    pending_acts.confirm(the_act(), by=lost.officer.user)
    scheduled_work.reconcile_all()
    assert keys_of(lost.sakura).exists()
    folder.with_name("elsewhere").rename(folder)
    scheduled_work.reconcile_all()
    assert not keys_of(lost.sakura).exists()


def test_after_the_loss_of_the_whole_store_all_of_a_citys_keys_are_declared_lost_at_once(
    linked, folder, sign_in
):
    privacy = factories.staff_post(Role.PRIVACY, of=linked.city)
    shutil.rmtree(folder)
    call_command("init_share_store", after_loss=True)
    for student in (linked.sakura, linked.ren):
        open_own([linked.rows[student.pk]], student=student)
    report = DamageReport.objects.first()
    client = sign_in(privacy.user)
    url = reverse("admin:vault_damage_lose", args=[report.pk, "all"])
    propose(client, client.post(url), reason="ディスクがこわれたため")
    assert the_act().preview == {"keys": 2, "students": 2}
    pending_acts.confirm(the_act(), by=linked.officer.user)
    scheduled_work.reconcile_all()
    assert ReplacedKey.objects.exclude(lost_at=None).count() == 2
    assert not SubjectKey.objects.exists()
