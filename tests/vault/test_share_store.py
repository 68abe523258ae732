"""An unavailable share store says nothing about any key: work waits, nothing is erased."""

import errno
import os
import shutil
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn
from apps.checkins.services import delivery_keys, question_sets, submissions
from apps.checkins.services.storage import SubmissionMustWait
from apps.consent.models import ConsentDecision, Purpose, Response
from apps.consent.services import decisions, respondents, scheduled_work
from apps.helpline.models import HelpRequest, WantedRole
from apps.helpline.services import help_requests
from apps.vault import damage
from apps.vault.damage import UNAVAILABLE
from apps.vault.models import DamageReport, ReplacedKey, ShareStore, SubjectKey
from apps.vault.services import key_ends, rotation, share_store
from apps.vault.services.sealed_content import open_own
from apps.vault.share_folder import MARKER_FILE
from apps.vault.shares import StoreProblem, StoreUnavailable
from tests import factories, share_stores
from tests.checkins.tablet_client import deliver, opened, sealed
from tests.vault.sealing_helpers import write

pytestmark = pytest.mark.usefixtures("_fresh_delivery_keys")
ATTENDANCE, REVIEW = Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW


@pytest.fixture
def folder(settings, tmp_path):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    return tmp_path / "shares"


@pytest.fixture
def _fresh_delivery_keys():
    delivery_keys.forget_cached_keys()


def unmount(folder):
    folder.rename(folder.with_name("elsewhere"))


def mount(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name("elsewhere").rename(folder)


def unmount_to_an_empty_folder(folder):
    unmount(folder)
    folder.mkdir()


def of_another_host(folder):
    unmount(folder)
    folder.mkdir()
    (folder / MARKER_FILE).write_text(f"{uuid.uuid4()}\n")


LOSSES = [unmount, unmount_to_an_empty_folder, of_another_host]


@pytest.mark.parametrize("leave", LOSSES)
def test_what_is_sealed_opens_as_away_and_is_no_damage(cast, folder, leave):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    leave(folder)
    assert open_own([row], student=cast.sakura) == [UNAVAILABLE]
    assert not DamageReport.objects.exists()
    mount(folder)
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


@pytest.mark.parametrize("leave", LOSSES)
def test_the_tablet_is_told_later_and_its_answer_is_kept_when_the_store_is_back(
    cast, folder, leave, client
):
    question_sets.seed_questions()
    factories.make_effective(cast.sakura, REVIEW)
    item = sealed(opened(cast.sakura), {"mood": "1"})
    leave(folder)
    assert deliver(client, item) == ["later"]
    scheduled_work.reconcile_all()
    assert deliver(client, item) == ["later"]
    mount(folder)
    assert deliver(client, item) == ["kept"]
    assert CheckIn.objects.readable().count() == 1


def test_a_student_who_sends_online_reads_that_it_must_wait(cast, folder):
    question_sets.seed_questions()
    factories.make_effective(cast.sakura, REVIEW)
    unmount(folder)
    with pytest.raises(SubmissionMustWait):
        submissions.submit(
            student=cast.sakura, question_set=question_sets.current_question_set(), answers={},
            client_key=uuid.uuid4(),
        )  # fmt: skip


@pytest.mark.parametrize("leave", LOSSES)
def test_an_agreement_meanwhile_is_recorded_and_gets_a_living_key_when_the_store_is_back(
    cast, folder, leave, sign_in
):
    leave(folder)
    factories.make_effective(cast.sakura, ATTENDANCE)
    assert ConsentDecision.objects.count() == 2
    assert not SubjectKey.objects.exists()
    assert not AuditEvent.objects.filter(action=Action.KEY_MADE).exists()
    client, overview = sign_in(cast.sakura.user), reverse("consent:overview", args=[cast.sakura.pk])
    assert "止《と》めて" in client.get(overview).context["lines"][0].state_words
    assert scheduled_work.reconcile_all() == 0
    mount(folder)
    assert scheduled_work.reconcile_all() == 1
    write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    assert "止《と》めて" not in client.get(overview).context["lines"][0].state_words


@pytest.mark.parametrize("leave", LOSSES)
def test_agreeing_once_more_meanwhile_replaces_no_key(cast, folder, leave):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    leave(folder)
    decisions.decide(
        student=cast.sakura, actor=cast.midori.user, answers={ATTENDANCE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    mount(folder)
    assert SubjectKey.objects.get().pk == row.key_id
    assert not ReplacedKey.objects.exists()
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


@pytest.mark.parametrize("leave", LOSSES)
def test_a_withdrawal_never_waits_for_the_store(cast, folder, leave):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    leave(folder)
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert open_own([row], student=cast.sakura) == [None]


def test_a_request_to_talk_is_kept_meanwhile_and_its_key_gets_its_share_afterwards(cast, folder):
    factories.duty_roster(cast)
    earlier = ask(cast, "きのうのことば")
    unmount(folder)
    request = ask(cast, "きょうのことば")
    assert open_own([request], student=cast.sakura)[0]["words"] == "きょうのことば"
    assert open_own([earlier], student=cast.sakura) == [UNAVAILABLE]
    mount(folder)
    scheduled_work.reconcile_all()
    assert SubjectKey.objects.get(purpose="helpline").has_share
    opened = open_own(HelpRequest.objects.order_by("sent_at"), student=cast.sakura)
    assert [content["words"] for content in opened] == ["きのうのことば", "きょうのことば"]


def test_a_disk_that_does_not_answer_is_no_damage(cast, folder, monkeypatch):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    monkeypatch.setattr("builtins.open", stale)
    found = open_own([row], student=cast.sakura)
    monkeypatch.undo()
    assert found == [UNAVAILABLE]
    assert not DamageReport.objects.exists()


def test_a_read_only_store_opens_and_makes_no_key(cast, folder, monkeypatch):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert share_store.store_problem() == StoreProblem.READ_ONLY
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]
    factories.make_effective(cast.ren, ATTENDANCE)
    assert not SubjectKey.objects.filter(student=cast.ren).exists()
    monkeypatch.undo()
    scheduled_work.reconcile_all()
    assert SubjectKey.objects.filter(student=cast.ren).exists()


def test_the_sweep_erases_nothing_while_another_store_lies_there(cast, folder):
    factories.make_effective(cast.sakura, ATTENDANCE)
    unmount(folder)
    foreign = folder / "ab" / str(uuid.uuid4())
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"s" * 32)
    os.utime(foreign, (0, 0))
    (folder / MARKER_FILE).write_text(f"{uuid.uuid4()}\n")
    assert key_ends.sweep_shares() == 0
    assert foreign.exists()


def test_a_page_that_needs_the_store_answers_503_with_a_sentence(
    cast, folder, sign_in, monkeypatch
):
    def needs_the_store(*_, **__):
        raise StoreUnavailable(StoreProblem.NO_MARKER)

    monkeypatch.setattr(respondents, "statuses_to_answer", needs_the_store)
    page = sign_in(cast.midori.user).get(reverse("consent:overview", args=[cast.sakura.pk]))
    assert page.status_code == 503
    assert page["Retry-After"]
    assert "消" in page.content.decode()


# -- the start, and making a store ---------------------------------------------------------------


@pytest.mark.parametrize("leave", LOSSES)
def test_the_start_refuses_a_folder_that_is_not_the_store(db, folder, leave):
    leave(folder)
    (sentence,) = rotation.environment_problems()
    assert "KEY_SHARES_URL" in sentence


def test_the_start_refuses_a_database_without_a_store(db, folder):
    ShareStore.objects.all().delete()
    (sentence,) = rotation.environment_problems()
    assert "init_share_store" in sentence


def test_the_start_does_not_refuse_a_read_only_store(db, folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert list(rotation.environment_problems()) == []


def test_a_first_start_makes_the_store_once(db, folder):
    shutil.rmtree(folder)
    ShareStore.objects.all().delete()
    call_command("init_share_store")
    marker = (folder / MARKER_FILE).read_text()
    call_command("init_share_store")
    assert (folder / MARKER_FILE).read_text() == marker
    assert share_store.store_problem() is None


def test_a_second_host_with_a_folder_of_its_own_is_refused(db, folder):
    unmount(folder)
    with pytest.raises(CommandError, match="Mount the folder"):
        call_command("init_share_store")
    call_command("init_share_store", only_first=True)
    assert not folder.exists()


def test_a_folder_with_the_shares_of_another_database_is_refused(cast, folder):
    factories.make_effective(cast.sakura, ATTENDANCE)
    SubjectKey.objects.all().delete()
    ShareStore.objects.all().delete()
    with pytest.raises(CommandError, match="another database"):
        call_command("init_share_store", after_loss=True)


def test_an_empty_folder_becomes_the_store_of_a_database_with_keys_only_after_a_loss(cast, folder):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    shutil.rmtree(folder)
    with pytest.raises(CommandError, match="lost for good"):
        call_command("init_share_store")
    call_command("init_share_store", after_loss=True)
    assert ShareStore.objects.get().store_id != share_stores.STORE_ID
    assert share_store.store_problem() is None
    assert open_own([row], student=cast.sakura) == [damage.DAMAGED]


def test_a_store_made_before_there_were_markers_is_taken_over(cast, folder):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    (folder / MARKER_FILE).unlink()
    ShareStore.objects.all().delete()
    call_command("init_share_store")
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


def ask(cast, words):
    return help_requests.send_help_request(
        student=cast.sakura, wanted=WantedRole.ANYONE, form_key=uuid.uuid4(), words=words
    )


def stale(*_, **__):
    raise OSError(errno.ESTALE, "stale")
