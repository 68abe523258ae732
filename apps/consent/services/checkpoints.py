"""Signed statements of how far the chains have come, also kept where no database can change them."""

import hashlib
import logging

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction

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
    second place that is away costs nothing but time: the next run copies what is left.
    """
    with transaction.atomic():
        made = _sign_heads()
    for checkpoint in LedgerCheckpoint.objects.filter(copied_at=None).order_by("pk"):
        _copy(checkpoint)
    return made


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


def _sign_heads():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    heads = {str(h.school_id): (h.seq, bytes(h.link).hex(), h.signed_seq)
             for h in LedgerHead.objects.all()}  # fmt: skip
    moved = {school: [seq, link] for school, (seq, link, signed) in heads.items() if seq != signed}
    if not moved:
        return None
    last, made_at = LedgerCheckpoint.objects.order_by("-pk").first(), clock.now()
    said = {
        "number": last.pk + 1 if last else 1,
        "at": int(made_at.timestamp()),
        "before": digest_of_statement(last.statement) if last else "",
        "entries": sum(seq for seq, _, _ in heads.values()),
        "heads": moved,
        "root": root_of({school: head[:2] for school, head in heads.items()}),
    }
    for school, (seq, _) in moved.items():
        LedgerHead.objects.filter(pk=school).update(signed_seq=seq)
    return LedgerCheckpoint.objects.create(
        id=said["number"], made_at=made_at, n_entries=said["entries"],
        statement=sign(signing_ring(), said),
    )  # fmt: skip


def _copy(checkpoint):
    name, place = place_of(checkpoint.pk), second_place()
    try:
        if not place.exists(name):
            place.save(name, ContentFile(checkpoint.statement.encode()))
    except Exception as error:  # whatever a disk or a bucket may raise: the next run tries again
        log.error("checkpoint %s not copied: %s", checkpoint.pk, type(error).__name__)
        return
    LedgerCheckpoint.objects.filter(pk=checkpoint.pk).update(copied_at=clock.now())
