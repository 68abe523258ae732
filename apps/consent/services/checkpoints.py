"""Signed statements of how far the chains have come, also kept where no database can change them."""

import hashlib
import logging

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import F

from apps.consent import ledger
from apps.consent.models import LedgerCheckpoint, LedgerHead
from apps.consent.services.chaining import signing_ring
from apps.consent.signatures import sign
from apps.core import clock

ONE_AT_A_TIME = 7_270_091  # of pg_advisory_xact_lock: two clocks make one checkpoint
log = logging.getLogger(__name__)


def make_checkpoint():
    """Sign where every chain stands, if any has moved; then copy what is not copied yet.

    The statement names the heads that moved since the last one, the Merkle root over all of
    them, and the digest of the statement before it. Returns the LedgerCheckpoint or None. A
    second place that is away costs nothing but time: the next run copies what is left. Nothing is
    signed after a restore, until ``acknowledge_rollback`` has said so: the numbers are taken.
    """
    if rolled_back_to() is not None:
        log.error("the second place holds later checkpoints: was the database restored?")
        return None
    with transaction.atomic():
        made = _sign_heads()
    for checkpoint in LedgerCheckpoint.objects.filter(copied_at=None).order_by("pk"):
        _copy(checkpoint)
    return made


def rolled_back_to():
    """The last checkpoint (number, 0: none) that this database and the second place agree on, where
    the second place holds others after it; None where it does not, or does not answer.
    """
    try:
        newest = _newest_outside()
        if newest is None:
            return None
        statements = LedgerCheckpoint.objects.order_by("-pk").values_list("pk", "statement")
        last = statements.first()
        waiting = statements.filter(copied_at=None)
        differs = any(_kept_outside(number) not in (None, said) for number, said in waiting)
        if newest <= (last[0] if last else 0) and not differs:
            return None
        agreed = (n for n, said in statements.iterator() if _kept_outside(n) == said)
        return next(agreed, 0)
    except Exception as error:  # whatever a disk or a bucket may raise
        log.error("the second place does not answer: %s", type(error).__name__)
        return None


@transaction.atomic
def acknowledge_rollback(reason):
    """Sign that the database was restored, and where the chains stand since; the LedgerCheckpoint.

    The statement gives up those after the last one that both places agree on: they stay in the
    second place, and their digests stand in this one. Raises NotRolledBack where nothing is to be
    said, or the second place does not answer.
    """
    _one_at_a_time()
    to = rolled_back_to()
    if to is None:
        raise NotRolledBack("The second place holds nothing that this database does not.")
    outside = {number: said for number, said in statements_outside().items() if number > to}
    rows = dict(LedgerCheckpoint.objects.values_list("pk", "statement"))
    given_up = {str(n): digest_of_statement(said) for n, said in sorted(outside.items())}
    made = _signed(
        number=max([*outside, *rows]) + 1,
        before=rows.get(to, ""),
        moved_only=False,
        rollback={"to": to, "given_up": given_up, "reason": reason},
    )
    transaction.on_commit(lambda: _copy(made))
    return made


class NotRolledBack(Exception):
    """Nothing is to be acknowledged; the message says why."""


def statements_outside():
    """{number: statement} of every checkpoint in the second place."""
    place, found = second_place(), {}
    for folder in _listed(place, "checkpoints")[0]:
        for name in _listed(place, f"checkpoints/{folder}")[1]:
            number = int(name.partition(".")[0])
            found[number] = _kept_outside(number)
    return found


def _newest_outside():
    """The number of the newest checkpoint in the second place, or None."""
    place = second_place()
    for folder in sorted(_listed(place, "checkpoints")[0], reverse=True):
        numbers = [int(n.partition(".")[0]) for n in _listed(place, f"checkpoints/{folder}")[1]]
        if numbers:
            return max(numbers)
    return None


def _kept_outside(number):
    place = second_place()
    if not place.exists(place_of(number)):
        return None
    with place.open(place_of(number)) as kept:
        return kept.read().decode()


def _listed(place, folder):
    try:
        return place.listdir(folder)
    except FileNotFoundError:
        return [], []


def place_of(number):
    """Where a checkpoint lies in the second place."""
    return f"checkpoints/{number // 10_000:05d}/{number:09d}.jws"


def second_place():
    """The storage the settings name."""
    return storages["ledger"]


def heads_of(statements):
    """{school id: (seq, link)} as the statements (payloads, oldest first) leave them."""
    heads = {}
    for said in statements:
        heads.update({school: (seq, link) for school, (seq, link) in said["heads"].items()})
    return heads


def root_of(heads):
    """The Merkle root (hex) of {school id: (seq, link hex)}."""
    leaves = [ledger.leaf(s, seq, bytes.fromhex(link)) for s, (seq, link) in sorted(heads.items())]
    return ledger.root(leaves).hex()


def digest_of_statement(statement):
    """What the next statement says of this one."""
    return hashlib.sha256(statement.encode()).hexdigest()


def _one_at_a_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _sign_heads():
    _one_at_a_time()
    if not LedgerHead.objects.exclude(seq=F("signed_seq")).exists():
        return None
    last = LedgerCheckpoint.objects.order_by("-pk").first()
    return _signed(
        number=last.pk + 1 if last else 1, before=last.statement if last else "", moved_only=True
    )


def _signed(*, number, before, moved_only, **more):
    """A statement about all heads, naming those that moved since the last one, or all of them."""
    heads = {str(h.school_id): (h.seq, bytes(h.link).hex(), h.signed_seq)
             for h in LedgerHead.objects.all()}  # fmt: skip
    named = {
        school: [seq, link]
        for school, (seq, link, signed) in heads.items()
        if seq != signed or not moved_only
    }
    made_at = clock.now()
    said = {
        "number": number,
        "at": int(made_at.timestamp()),
        "before": digest_of_statement(before) if before else "",
        "entries": sum(seq for seq, _, _ in heads.values()),
        "heads": named,
        "root": root_of({school: head[:2] for school, head in heads.items()}),
        **more,
    }
    for school, (seq, _) in named.items():
        LedgerHead.objects.filter(pk=school).update(signed_seq=seq)
    return LedgerCheckpoint.objects.create(
        id=number, made_at=made_at, n_entries=said["entries"],
        statement=sign(signing_ring(), said),
    )  # fmt: skip


def _copy(checkpoint):
    name, place = place_of(checkpoint.pk), second_place()
    try:
        if not place.exists(name):
            place.save(name, ContentFile(checkpoint.statement.encode()))
        elif _kept_outside(checkpoint.pk) != checkpoint.statement:
            log.error("checkpoint %s: another one of this number is kept already", checkpoint.pk)
            return
    except Exception as error:  # whatever a disk or a bucket may raise: the next run tries again
        log.error("checkpoint %s not copied: %s", checkpoint.pk, type(error).__name__)
        return
    LedgerCheckpoint.objects.filter(pk=checkpoint.pk).update(copied_at=clock.now())
