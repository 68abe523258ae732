"""Checkpoints that another party keeps: a file or a mail a day, and what an old one still proves."""

import io
import json

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.core.crypto import KeyRing
from apps.core.storage_aliases import LEDGER_COPY
from apps.ledger.models import ChainedRange, Checkpoint
from apps.ledger.services import given_checkpoints
from apps.ledger.services.chains import signing_ring
from apps.ledger.services.checkpoint_files import FORMAT, MOST_BYTES, newest_checkpoint_file
from apps.ledger.services.checkpoints import make_checkpoint, statement_digest
from apps.ledger.signatures import sign_json, verify_json
from apps.ledger.tasks import chain_audit_events
from apps.mail.models import OutgoingMail
from apps.mail.services.serialisation import parse_message
from tests.ledger.chained_events import by_hand, store
from tests.ledger.test_verification import place  # noqa: F401 - a fixture
from tests.storage_folders import use_folder


@pytest.fixture
def given(db, tmp_path):
    """A file with the first checkpoint, over twenty events."""
    store(20)
    chain_and_sign()
    path = tmp_path / "given.json"
    call_command("export_checkpoint", str(path), stdout=io.StringIO())
    return path


def chain_and_sign():
    chain_audit_events()
    return make_checkpoint()


def against(path):
    out = io.StringIO()
    call_command("verify_ledger", against=str(path), stdout=out)
    return out.getvalue()


def refusal(path):
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("verify_ledger", against=str(path), stdout=out)
    return f"{out.getvalue()} {refused.value}"


def test_a_history_that_went_on_extends_an_old_file(given):
    assert "It extends the file's checkpoint 1" in against(given)
    for _ in range(2):
        record(Action.SIGNED_IN)
        chain_and_sign()
    assert "nothing before was changed" in against(given)


def test_the_file_names_nobody_and_has_short_lines(given):
    said = json.loads(given.read_text())
    assert sorted(said) == ["at", "format", "keys", "number", "portal", "sha256", "statement"]
    payload = verify_json(signing_ring(), "".join(said["statement"]))
    assert sorted(payload) == ["at", "before", "entries", "heads", "number", "root"]
    assert max(map(len, given.read_text().splitlines())) < 100


def test_what_was_changed_before_the_file_is_found(given):
    record(Action.SIGNED_IN)
    chain_and_sign()
    by_hand(
        "UPDATE audit_auditevent SET detail = 'x' WHERE id = (SELECT min(id) FROM audit_auditevent)"
    )
    assert "a row is not what was chained" in refusal(given)


def test_a_history_written_anew_with_the_keys_themselves_is_found(given, place):  # noqa: F811
    """By somebody who holds the database, the signing keys and the second place."""
    for table in ("ledger_chainedrange", "ledger_chainhead", "ledger_checkpoint"):
        by_hand(f"DELETE FROM {table}")  # noqa: S608
    for path in place.rglob("*.jws"):
        path.unlink()
    by_hand("DELETE FROM audit_auditevent WHERE detail <> ''")
    by_hand("UPDATE ledger_chainlimit SET writers = '{}'")
    assert "this database, whose newest checkpoint is none" in refusal(given)
    chain_and_sign()
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    assert "The ledger is whole." in out.getvalue()
    told = refusal(given)
    assert "is another one in this database: what was recorded was written anew" in told
    assert "Keep the servers as they are" in told


def test_a_file_newer_than_a_restored_database_says_so(given, place):  # noqa: F811
    record(Action.SIGNED_IN)
    chain_and_sign()
    call_command("export_checkpoint", str(given), stdout=io.StringIO())
    first = ChainedRange.objects.get(seq=1)
    by_hand("DELETE FROM ledger_chainedrange WHERE seq = 2")
    by_hand("DELETE FROM ledger_checkpoint WHERE id = 2")
    by_hand("DELETE FROM audit_auditevent WHERE id > %s", first.last_id)
    by_hand("UPDATE ledger_chainhead SET seq = 1, signed_seq = 1, link = %s", bytes(first.link))
    assert "whose newest checkpoint is 1: it was set back or cut off" in refusal(given)
    call_command("acknowledge_rollback", reason="ディスクの故障", stdout=io.StringIO())
    told = refusal(given)
    assert (
        "Checkpoint 3 says that the database was set back to checkpoint 1: ディスクの故障" in told
    )


def test_a_file_that_is_none_is_refused_with_a_sentence(given, tmp_path):
    text, bad = given.read_text(), tmp_path / "bad.json"
    said = json.loads(text)
    statement = "".join(said["statement"])
    payload = verify_json(signing_ring(), statement)

    def signed(value, ring=None):
        token = sign_json(ring or signing_ring(), value)
        return json.dumps({**said, "statement": [token], "sha256": statement_digest(token)})

    other = KeyRing.parse(f"{said['keys'][0]['kid']}:{'A' * 43}")
    assert "cannot be read: No such file" in refusal(tmp_path / "missing.json")
    for content, sentence in (
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (text[:300].encode(), "no JSON, or was cut off"),
        (b"\xff\xfe\x00{}", f"does not say that it is a “{FORMAT}”"),
        (b"{\xff}", "no JSON, or was cut off"),
        (b"number,at\n1,2", "no JSON, or was cut off"),
        (b"[" * 50_000, "no JSON, or was cut off"),
        (b'{"a":' * 50_000 + b"}" * 50_000, "no JSON, or was cut off"),
        (b"{}", f"does not say that it is a “{FORMAT}”"),
        (b"{" + b" " * MOST_BYTES + b"}", "larger than 4,000,000 bytes"),
        (json.dumps({**said, "statement": "x"}).encode(), "holds no signed statement"),
        (json.dumps({**said, "statement": said["statement"][:-1]}).encode(), "is not whole"),
        (text.replace(statement[100:120], statement[100:119] + "_").encode(), "is not whole"),
        (signed(payload, other).encode(), "it was altered, or it is another portal's"),
        (signed({"receipt": "x"}).encode(), "signed there is no checkpoint"),
        (signed({**payload, "number": "x"}).encode(), "signed there is no checkpoint"),
        (signed(["x"]).encode(), "signed there is no checkpoint"),
    ):
        bad.write_bytes(content)
        assert sentence in refusal(bad), content[:80]


def test_once_a_day_the_newest_checkpoint_is_given_away(given, settings, tmp_path):
    settings.EMAIL_BACKEND = "apps.mail.backend.QueueBackend"  # as it is outside of tests
    cache.delete(given_checkpoints.MAILED_KEY.format(day=clock.today()))
    assert given_checkpoints.give_newest_checkpoint() == 0  # nobody is named
    use_folder(settings, LEDGER_COPY, tmp_path / "city" / "checkpoints")
    settings.LEDGER_COPY_MAIL = ["audit@city.example", "records@city.example"]
    assert given_checkpoints.give_newest_checkpoint() == 3
    given_checkpoints.give_newest_checkpoint()
    (path,) = (tmp_path / "city" / "checkpoints").iterdir()
    assert path.read_text() == newest_checkpoint_file()
    mails = [parse_message(mail.content, {}) for mail in OutgoingMail.objects.all()]
    assert sorted(mail.to[0] for mail in mails) == sorted(settings.LEDGER_COPY_MAIL)
    assert {mail.kind for mail in OutgoingMail.objects.all()} == {"ledger_checkpoint"}
    saved = tmp_path / "saved-mail.txt"
    saved.write_text(f"Subject: {mails[0].subject}\n\n{mails[0].body}", encoding="utf-8")
    assert "It extends the file's checkpoint 1" in against(saved)
    assert settings.CELERY_BEAT_SCHEDULE["ledger.give_checkpoint"]


def test_a_folder_that_is_away_stops_neither_mail_nor_the_next_day(given, settings, tmp_path):
    cache.delete(given_checkpoints.MAILED_KEY.format(day=clock.today()))
    (tmp_path / "away").write_text("a file where the folder should be")
    use_folder(settings, LEDGER_COPY, tmp_path / "away")
    settings.LEDGER_COPY_MAIL = ["audit@city.example"]
    assert given_checkpoints.give_newest_checkpoint() == 1
    (tmp_path / "away").unlink()
    assert given_checkpoints.give_newest_checkpoint() == 1
    assert len([*(tmp_path / "away").iterdir()]) == 1


def test_before_the_first_checkpoint_there_is_nothing_to_give(db, tmp_path):
    with pytest.raises(CommandError, match="no checkpoint yet"):
        call_command("export_checkpoint", str(tmp_path / "x"))
    assert given_checkpoints.give_newest_checkpoint() == 0


def test_the_command_writes_to_the_terminal_or_says_why_not(given, tmp_path):
    out = io.StringIO()
    call_command("export_checkpoint", "-", stdout=out)
    assert out.getvalue() == given.read_text()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_checkpoint", str(given / "x"))
    assert Checkpoint.objects.count() == 1
