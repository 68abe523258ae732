"""Signed statements of how far the chains have come, also kept where no database can change them."""

import hashlib
import logging
import re

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import F

from apps.core import clock
from apps.core.storage_aliases import LEDGER
from apps.ledger import hash_chain
from apps.ledger.models import ChainHead, Checkpoint
from apps.ledger.services.chains import signing_ring
from apps.ledger.signatures import sign_json

CHECKPOINT_LOCK = 7_270_091  # of pg_advisory_xact_lock: two schedulers make one checkpoint
FOLDER_SIZE = 10_000  # statements
STATEMENT_FILE = re.compile(r"([0-9]{9})\.jws")
MARK_SIGNED = """
UPDATE ledger_chainhead h SET signed_seq = s.seq
FROM unnest(%s::uuid[], %s::int[]) AS s(chain, seq) WHERE h.chain_id = s.chain
"""
log = logging.getLogger(__name__)


def make_checkpoint():
    """Sign where every chain stands, if any has moved; then copy what is not copied yet.

    The statement names the heads that moved since the last one, the Merkle root over all of them,
    and the digest of the statement before it. Returns the Checkpoint or None. If the second place
    is unavailable, the next run copies what is left. Nothing is signed after a restore, until
    ``acknowledge_rollback`` has been called: the numbers are taken.
    """
    if rollback_point() is not None:
        log.error("the second place holds later checkpoints: was the database restored?")
        return None
    with transaction.atomic():
        signed = _sign_heads()
    waiting = Checkpoint.objects.filter(copied_at=None).order_by("pk")
    for number in list(waiting.values_list("pk", flat=True)):
        _copy(number)
    return signed


def rollback_point():
    """The last checkpoint (number, 0: none) on which this database and the second place agree.

    Only where the second place holds others after it; None where it does not, or does not answer.
    """
    try:
        newest = _newest_in_second_place()
        if newest is None:
            return None
        statements = Checkpoint.objects.order_by("-pk").values_list("pk", "statement")
        last = statements.first()
        waiting = statements.filter(copied_at=None)
        differs = any(
            statement_in_second_place(number) not in (None, statement)
            for number, statement in waiting
        )
        if newest <= (last[0] if last else 0) and not differs:
            return None
        agreed = (
            n for n, statement in statements.iterator() if statement_in_second_place(n) == statement
        )
        return next(agreed, 0)
    except Exception as error:  # whatever a disk or a bucket may raise
        log.error("the second place does not answer: %s", type(error).__name__)
        return None


@transaction.atomic
def acknowledge_rollback(reason):
    """Sign that the database was restored, and where the chains stand since; the Checkpoint.

    The statement gives up those after the last one that both places agree on: they stay in the
    second place, and their digests stand in this one. Raises NotRolledBack where there is nothing
    to acknowledge, or the second place does not answer.
    """
    _one_at_a_time()
    to = rollback_point()
    if to is None:
        raise NotRolledBack("The second place holds nothing that this database does not.")
    outside = {
        number: statement
        for number, statement in statements_in_second_place().items()
        if number > to
    }
    rows = dict(Checkpoint.objects.values_list("pk", "statement"))
    given_up = {str(n): statement_digest(statement) for n, statement in sorted(outside.items())}
    checkpoint = _signed(
        number=max([*outside, *rows]) + 1,
        before=rows.get(to, ""),
        moved_only=False,
        rollback={"to": to, "given_up": given_up, "reason": reason},
    )
    transaction.on_commit(lambda: _copy(checkpoint.pk))
    return checkpoint


class NotRolledBack(Exception):
    """Nothing is to be acknowledged; the message says why."""


def statements_in_second_place():
    """{number: statement} of every checkpoint in the second place."""
    numbers = [n for folder in folders_in_second_place() for n in numbers_in_folder(folder)]
    return {number: statement_in_second_place(number) for number in numbers}


def folders_in_second_place():
    """The numbers of the folders in the second place, in order: FOLDER_SIZE statements each."""
    return sorted(int(folder) for folder in _listed(second_place(), "checkpoints")[0])


def numbers_in_folder(folder):
    """The numbers of the checkpoints in one folder of the second place; another file is none."""
    names = _listed(second_place(), f"checkpoints/{folder:05d}")[1]
    return [int(found[1]) for name in names if (found := STATEMENT_FILE.fullmatch(name))]


def _newest_in_second_place():
    """The number of the newest checkpoint in the second place, or None."""
    for folder in reversed(folders_in_second_place()):
        if numbers := numbers_in_folder(folder):
            return max(numbers)
    return None


def statement_in_second_place(number):
    """The statement of a number in the second place; None where there is none."""
    place = second_place()
    if not place.exists(statement_path(number)):
        return None
    with place.open(statement_path(number)) as file:
        return file.read().decode()


def _listed(place, folder):
    try:
        return place.listdir(folder)
    except FileNotFoundError:
        return [], []


def statement_path(number):
    """Where a checkpoint lies in the second place."""
    return f"checkpoints/{number // FOLDER_SIZE:05d}/{number:09d}.jws"


def second_place():
    """The storage the settings name."""
    return storages[LEDGER]


def merged_heads(statements):
    """{chain id: (seq, link)} as the statements (payloads, oldest first) leave them."""
    heads = {}
    for statement in statements:
        heads.update({school: (seq, link) for school, (seq, link) in statement["heads"].items()})
    return heads


def root_of_heads(heads):
    """The Merkle root (hex) of {chain id: (seq, link hex)}."""
    leaves = [
        hash_chain.merkle_leaf(s, seq, bytes.fromhex(link))
        for s, (seq, link) in sorted(heads.items())
    ]
    return hash_chain.merkle_root(leaves).hex()


def statement_digest(statement):
    """What the next statement says of this one."""
    return hashlib.sha256(statement.encode()).hexdigest()


def _one_at_a_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHECKPOINT_LOCK])


def _sign_heads():
    _one_at_a_time()
    if not ChainHead.objects.exclude(seq=F("signed_seq")).exists():
        return None
    last = Checkpoint.objects.order_by("-pk").first()
    return _signed(
        number=last.pk + 1 if last else 1, before=last.statement if last else "", moved_only=True
    )


def _signed(*, number, before, moved_only, **more):
    """A statement about all heads, naming those that moved since the last one, or all of them."""
    heads = {str(h.chain_id): (h.seq, bytes(h.link).hex(), h.signed_seq)
             for h in ChainHead.objects.all()}  # fmt: skip
    named = {
        school: [seq, link]
        for school, (seq, link, signed) in heads.items()
        if seq != signed or not moved_only
    }
    made_at = clock.now()
    statement = {
        "number": number,
        "at": int(made_at.timestamp()),
        "before": statement_digest(before) if before else "",
        "entries": sum(seq for seq, _, _ in heads.values()),
        "heads": named,
        "root": root_of_heads({school: head[:2] for school, head in heads.items()}),
        **more,
    }
    _mark_signed(named)
    return Checkpoint.objects.create(
        id=number, made_at=made_at, n_entries=statement["entries"],
        statement=sign_json(signing_ring(), statement),
    )  # fmt: skip


def _mark_signed(named):
    """Note up to which entry each chain is signed; ``named`` is {chain id: [seq, link]}."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_SIGNED, [list(named), [seq for seq, _ in named.values()]])


@transaction.atomic
def _copy(number):
    """Copy the checkpoint of this number, unless somebody else does: two would give it two names."""
    waiting = Checkpoint.objects.select_for_update(skip_locked=True).filter(copied_at=None)
    checkpoint = waiting.filter(pk=number).first()
    if checkpoint and _is_in_second_place(checkpoint):
        Checkpoint.objects.filter(pk=number).update(copied_at=clock.now())


def _is_in_second_place(checkpoint):
    """Put it there where it is not; whether it is there now."""
    name, place = statement_path(checkpoint.pk), second_place()
    try:
        if not place.exists(name):
            place.save(name, ContentFile(checkpoint.statement.encode()))
        elif statement_in_second_place(checkpoint.pk) != checkpoint.statement:
            log.error("checkpoint %s: another one of this number is kept already", checkpoint.pk)
            return False
    except Exception as error:  # whatever a disk or a bucket may raise: the next run tries again
        log.error("checkpoint %s not copied: %s", checkpoint.pk, type(error).__name__)
        return False
    return True
