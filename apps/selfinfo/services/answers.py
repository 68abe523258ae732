"""Stores an answer as sealed facts, in one transaction, under the keys that exist in it."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q

from apps.core import clock
from apps.core.clock import today
from apps.linkage.connectors.contract import TransientError
from apps.linkage.models import DataSource, Freshness, LinkedRecord, SourceKind
from apps.linkage.self_info_facts import PURPOSES
from apps.linkage.services.record_writer import retention_fields
from apps.people.models import Guardian
from apps.selfinfo import session_states as states
from apps.selfinfo.reduction import ReducedAnswer, reduce_answer
from apps.selfinfo.services.endpoints import codes_by_purpose
from apps.selfinfo.services.offers import (
    PURPOSE_PAUSED,
    refusal_reason,
    retention_end,
    session_policy,
)
from apps.selfinfo.services.transitions import change_state, lock_session, lock_student
from apps.vault.data_keys import RowSealer
from apps.vault.services.key_pauses import is_paused
from apps.vault.services.keys import DamagedKey, NoKey, key_for_writing
from apps.vault.shares import StoreUnavailable

KEY_STORE_UNAVAILABLE = "鍵の 置き場所に つながりません。つながったら つづけます。"
KEY_DAMAGED = "鍵が こわれています。鍵が なおったら つづけます。"
SOURCE_TITLE, SOURCE_PLACE = "マイナポータル わたしの情報", "self-info"


@transaction.atomic
def save_answer(session, parts):
    """Reduce ``parts`` ({name code: AnswerPart}), seal the facts, and end the session.

    The student's row is locked as by a decision, then each key FOR SHARE: a withdrawal waits for
    this commit, or came first and nothing of its purpose is reduced. The answer itself is in memory
    only; if a worker is killed before the commit it is fetched again. Raises TransientError where a
    purpose is paused or its key damaged: the session polls again later.
    """
    lock_student(session.student_id)
    row = lock_session(session.pk)
    if row.turn != session.turn or row.is_over:
        return
    codes = codes_by_purpose(row.municipality_id, is_trial=row.is_trial)
    reason = refusal_reason(row)
    wanted = [purpose for purpose in PURPOSES if purpose in row.purposes]
    found = {
        purpose: _save_purpose(row, purpose, codes.get(purpose, {}), parts)
        for purpose in (wanted if reason != "not_guardian" else ())
    }
    _end_session(row, found or dict.fromkeys(wanted, states.CONSENT_WITHDRAWN), reason)


def _save_purpose(session, purpose, codes, parts):
    """Save one purpose, replacing the facts of this guardian's last answer; the outcome."""
    try:
        key = key_for_writing(session.student_id, purpose)
    except NoKey as error:
        if is_paused(session.student_id, purpose):
            raise TransientError(PURPOSE_PAUSED) from error
        return states.CONSENT_WITHDRAWN
    except DamagedKey as error:
        raise TransientError(KEY_DAMAGED) from error
    except StoreUnavailable as error:
        raise TransientError(KEY_STORE_UNAVAILABLE) from error
    reduced = (
        reduce_answer(purpose, codes, parts, today())
        if codes
        else ReducedAnswer(states.NOT_ANSWERED)
    )
    if reduced.outcome in (states.KEPT, states.NOTHING):
        source = self_info_source(session.municipality_id)
        _replace(session, purpose, key, source, reduced.facts)
        Freshness.objects.update_or_create(
            source=source, kind=purpose, defaults={"until_on": today(), "read_at": clock.now()}
        )
    return reduced.outcome


def self_info_source(municipality_id):
    """The DataSource of a city's answers. It is never active: no schedule reads it."""
    return DataSource.objects.get_or_create(
        municipality_id=municipality_id, school=None, kind=SourceKind.SELF_INFO, place=SOURCE_PLACE,
        defaults={"title": SOURCE_TITLE, "is_on": False},
    )[0]  # fmt: skip


def _replace(session, purpose, key, source, facts):
    until = retention_end(session_policy(session, purpose))
    row_sealer = RowSealer(key, LinkedRecord, f"{source.pk}|{purpose}|{session.guardian_id}")
    rows = [_row(session, row_sealer, source, purpose, *fact, until) for fact in facts.items()]
    earlier = LinkedRecord.objects.filter(
        _records_of_guardian(session), source=source, student=session.student_id, purpose=purpose,
        kind=purpose, key_id=key.id,
    )  # fmt: skip
    earlier.exclude(pk__in=[row.pk for row in rows]).delete()
    LinkedRecord.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"],
        update_fields=["sealed", "version_digest", "received_at", "kept_until"],
    )  # fmt: skip


def _records_of_guardian(session):
    """The rows read with the same person's card, and those without a known card."""
    same = Guardian.objects.filter(user=session.guardian.user_id).exclude(user=None)
    guardians = [session.guardian_id, *same.values_list("pk", flat=True)]
    return Q(guardian__in=guardians) | Q(guardian=None)


def _row(session, row_sealer, source, kind, name, fact, until):
    """One fact as a LinkedRecord, with a keyed id like every row: the same fact is the same row."""
    row_id, plain = row_sealer.name(name), orjson.dumps(fact, option=orjson.OPT_SORT_KEYS)
    version = row_sealer.version(row_id, plain, retention_fields(kind, until))
    return LinkedRecord(
        id=UUID(bytes=row_id),
        municipality_id=session.municipality_id,
        student_id=session.student_id,
        purpose=row_sealer.key.purpose,
        key_id=row_sealer.key.id,
        sealed=row_sealer.seal(row_id, version, plain),
        source=source,
        guardian_id=session.guardian_id,
        kind=kind,
        version_digest=version,
        kept_until=until,
    )


def _end_session(row, outcomes, reason):
    """Move through the last states to the end, which deletes the token."""
    row.outcomes = outcomes
    change_state(row, states.FETCHED)
    end = states.final_state(outcomes)
    if end == states.DISCARDED:
        change_state(row, states.REDUCED)
    why = {states.DENIED: reason or "withdrawn", states.ERROR: "format"}.get(end, "")
    change_state(row, end, why=why)
