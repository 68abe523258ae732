"""From an answer in memory to sealed facts: one transaction, under the keys that live in it."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q

from apps.core import clock
from apps.core.clock import today
from apps.linkage import self_info_states as states
from apps.linkage.connectors.contract import TransientError
from apps.linkage.models import DataSource, Freshness, LinkedRecord, SourceKind
from apps.linkage.self_info_reducing import PURPOSES, Reduced, reduce
from apps.linkage.services.self_info.asking import PAUSED, policy_of, until_of, why_not
from apps.linkage.services.self_info.moving import hold_student, locked, move
from apps.linkage.services.self_info.places import codes_of
from apps.linkage.staging import kept
from apps.people.models import Guardian
from apps.vault.services import DamagedKey, NoKey, Pen, StoreAway, is_paused, writing_key

STORE_AWAY = "鍵の 置き場所に つながりません。つながったら つづけます。"
DAMAGED = "鍵が こわれています。鍵が なおったら つづけます。"
TITLE, HERE = "マイナポータル わたしの情報", "self-info"


@transaction.atomic
def save(session, parts):
    """Reduce ``parts`` ({name code: Part}), seal what is kept, and end the session.

    The student's row is held as a decision holds it, then each key FOR SHARE: a withdrawal
    waits for this commit, or came first and nothing of its purpose is even reduced. The answer
    itself is in memory only; a worker killed before the commit leaves it to be fetched again.
    Raises TransientError where a purpose is paused or its key damaged: the session looks again
    later.
    """
    hold_student(session.student_id)
    row = locked(session.pk)
    if row.turn != session.turn or row.is_over:
        return
    codes = codes_of(row.municipality_id, is_trial=row.is_trial)
    reason = why_not(row)
    wanted = [purpose for purpose in PURPOSES if purpose in row.purposes]
    found = {
        purpose: _take(row, purpose, codes.get(purpose, {}), parts)
        for purpose in (wanted if reason != "not_guardian" else ())
    }
    _end(row, found or dict.fromkeys(wanted, states.TAKEN_BACK), reason)


def _take(session, purpose, codes, parts):
    """What came of one purpose; its facts take the place of those of this guardian's last answer."""
    try:
        key = writing_key(session.student_id, purpose)
    except NoKey as error:
        if is_paused(session.student_id, purpose):
            raise TransientError(PAUSED) from error
        return states.TAKEN_BACK
    except DamagedKey as error:
        raise TransientError(DAMAGED) from error
    except StoreAway as error:
        raise TransientError(STORE_AWAY) from error
    reduced = reduce(purpose, codes, parts, today()) if codes else Reduced(states.NOT_ANSWERED)
    if reduced.outcome in (states.KEPT, states.NOTHING):
        source = source_of(session.municipality_id)
        _replace(session, purpose, key, source, reduced.facts)
        Freshness.objects.update_or_create(
            source=source, kind=purpose, defaults={"until_on": today(), "read_at": clock.now()}
        )
    return reduced.outcome


def source_of(municipality_id):
    """The DataSource under which a city's answers stand. Never on: no clock reads it."""
    return DataSource.objects.get_or_create(
        municipality_id=municipality_id, school=None, kind=SourceKind.SELF_INFO, place=HERE,
        defaults={"title": TITLE, "is_on": False},
    )[0]  # fmt: skip


def _replace(session, purpose, key, source, facts):
    until = until_of(policy_of(session, purpose))
    pen = Pen(key, LinkedRecord, f"{source.pk}|{purpose}|{session.guardian_id}")
    rows = [_row(session, pen, source, purpose, *fact, until) for fact in facts.items()]
    earlier = LinkedRecord.objects.filter(
        _brought_by(session), source=source, student=session.student_id, purpose=purpose,
        kind=purpose, key_id=key.id,
    )  # fmt: skip
    earlier.exclude(pk__in=[row.pk for row in rows]).delete()
    LinkedRecord.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"],
        update_fields=["sealed", "version_digest", "received_at", "kept_until"],
    )  # fmt: skip


def _brought_by(session):
    """The rows of the same person's card, and those of which nobody knows whose card it was."""
    same = Guardian.objects.filter(user=session.guardian.user_id).exclude(user=None)
    mine = [session.guardian_id, *same.values_list("pk", flat=True)]
    return Q(guardian__in=mine) | Q(guardian=None)


def _row(session, pen, source, kind, name, fact, until):
    """One fact, named and sealed like every linked row: the same fact is the same row."""
    row_id, plain = pen.name(name), orjson.dumps(fact, option=orjson.OPT_SORT_KEYS)
    version = pen.version(row_id, plain, kept(kind, until))
    return LinkedRecord(
        id=UUID(bytes=row_id),
        municipality_id=session.municipality_id,
        student_id=session.student_id,
        purpose=pen.key.purpose,
        key_id=pen.key.id,
        sealed=pen.seal(row_id, version, plain),
        source=source,
        guardian_id=session.guardian_id,
        kind=kind,
        version_digest=version,
        kept_until=until,
    )


def _end(row, outcomes, reason):
    """The states that come in one breath; the token is gone with the first row that ends."""
    row.outcomes = outcomes
    move(row, states.FETCHED)
    end = states.ending_of(outcomes)
    if end == states.DISCARDED:
        move(row, states.REDUCED)
    why = {states.DENIED: reason or "withdrawn", states.ERROR: "format"}.get(end, "")
    move(row, end, why=why)
