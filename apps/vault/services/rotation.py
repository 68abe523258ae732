"""Rewraps keys, and checks whether this environment's ring and shares are those of the database."""

import logging
import uuid

from django.db import transaction
from django.db.models import Count, Q

from apps.core import clock, crypto
from apps.vault.models import DamageReport, ReplacedKey, SubjectKey, is_damaged
from apps.vault.services.damage_reports import report_damage
from apps.vault.services.environment_keys import replaced_key_ids
from apps.vault.services.keys import (
    UNUSABLE_KEY_ERRORS,
    key_context,
    key_finding,
    key_ring,
    shares_of,
    unwrap_key,
    usable_data_keys,
)
from apps.vault.services.ring_usage import missing_key_problems
from apps.vault.services.share_store import (
    NEVER_INITIALISED,
    PROBLEM_SENTENCES,
    current_store,
    store_problem,
)
from apps.vault.shares import ShareMissing

log = logging.getLogger(__name__)
SAMPLE_SIZE = 32
RECHECKED_AT_ONCE = 200


@transaction.atomic
def rewrap_keys(limit=200):
    """Rewrap up to ``limit`` keys under the newest key of the ring; how many were.

    What the keys sealed stays as it is; a key older than shares gets one. Each call is one
    transaction and continues where the last one ended; 0 means that only damaged keys, which are
    skipped, still need the older ring keys. Raises StoreUnavailable where a key needs a share and
    the store cannot take one.
    """
    last, n_done, n_damaged = None, 0, 1
    while n_damaged and not n_done:
        last, n_done, n_damaged = _rewrap(limit, last)
    return n_done


def _rewrap(limit, last):
    """(last key id looked at, how many were wrapped, how many are damaged) of a few stale keys."""
    ring = key_ring()
    stale = _stale(ring).exclude(is_damaged()).order_by("pk")
    keys = list((stale.filter(pk__gt=last) if last else stale).select_for_update()[:limit])
    done, findings = [], []
    for key in keys:
        try:
            half = ring.unwrap(key.ring_key, key.wrapped, key_context(key))
        except crypto.CannotUnseal as error:
            findings.append(key_finding(key, error))
            continue
        key.ring_key, key.wrapped = ring.wrap(_with_share(key, half), key_context(key))
        done.append(key)
    SubjectKey.objects.bulk_update(done, ["ring_key", "wrapped", "has_share"])
    report_damage(findings)
    return (keys[-1].pk if keys else last), len(done), len(findings)


def count_stale_keys():
    """How many subject keys are not wrapped under the newest key of the ring."""
    return _stale(key_ring()).count()


def _stale(ring):
    return SubjectKey.objects.filter(~Q(ring_key=ring.newest) | Q(has_share=False))


def _with_share(key, half):
    """What is to be wrapped: the half as it is, or, of a key still whole, the half that remains."""
    if key.has_share:
        return half
    share = crypto.new_data_key()
    current_store().destroy(key.pk)  # of a rotation that was stopped before it committed
    current_store().put(key.pk, share)
    key.has_share = True
    return crypto.xor(half, share)


def environment_problems():
    """Sentences (English, for the terminal) why this environment cannot be that of the database.

    A random sample of the keys decides: where most of it cannot be used, the ring or the store is
    the wrong one. Damage in a few places is reported and blocks nothing. A store that was never
    initialised, or another one, blocks; one that is read-only, or does not answer, does not:
    whatever needs it waits.
    """
    yield from missing_key_problems()
    for name in replaced_key_ids():
        yield f"VAULT_KEYS holds another key under the id {name!r} than before."
    trouble = store_problem()
    if trouble is not None:
        if trouble in NEVER_INITIALISED:
            yield PROBLEM_SENTENCES[trouble][0].upper() + PROBLEM_SENTENCES[trouble][1:] + "."
        else:
            log.error(PROBLEM_SENTENCES[trouble])
        return
    sample, ring, findings, errors = _sample(), key_ring(), [], []
    shares = shares_of(sample)
    for key in sample:
        try:
            unwrap_key(key, ring, shares)
        except UNUSABLE_KEY_ERRORS as error:
            errors.append((key, error))
            findings.append(key_finding(key, error))
    if len(errors) * 2 > len(sample):
        yield from _most_fail(errors, len(sample), {name for name, _ in ring.keys})
    else:
        report_damage(findings)


def _most_fail(errors, n_sample, known):
    n_shares = sum(isinstance(error, ShareMissing) for _, error in errors)
    if n_shares:
        yield (
            f"KEY_SHARES_URL has no share of {n_shares} of {n_sample} keys looked at: "
            "is it the store of this database?"
        )
    changed = {key.ring_key for key, error in errors if not isinstance(error, ShareMissing)}
    for name in sorted(changed & known):
        yield f"VAULT_KEYS holds another key under the id {name!r} than before."


def missing_ring_keys():
    """{ring key id: how many subject keys need it} of those that the ring lacks."""
    known = [name for name, _ in key_ring().keys]
    lacking = SubjectKey.objects.exclude(ring_key__in=known).order_by()
    return dict(lacking.values_list("ring_key").annotate(n=Count("pk")))


def _sample():
    """Up to SAMPLE keys, each the next after a random id: their ids are random, so are these."""
    found = {}
    for _ in range(SAMPLE_SIZE):
        key = SubjectKey.objects.filter(pk__gte=uuid.uuid4()).order_by("pk").first()
        if key is not None:
            found[key.pk] = key
    return list(found.values()) or list(SubjectKey.objects.order_by("pk")[:SAMPLE_SIZE])


def recheck_damaged_keys():
    """Note which damaged keys can be opened again: a share was restored. How many can."""
    reports = DamageReport.objects.filter(table="", mended_at=None).order_by("-found_at")
    key_ids = list(reports.values_list("key_id", flat=True)[:RECHECKED_AT_ONCE])
    if not key_ids:
        return 0
    keys = [
        *SubjectKey.objects.filter(pk__in=key_ids),
        *ReplacedKey.objects.filter(pk__in=key_ids),
    ]
    gone = set(key_ids) - {key.pk for key in keys}  # destroyed meanwhile: nothing is left to mend
    mended = gone | {key.id for key in usable_data_keys(keys)}
    return reports.filter(key_id__in=mended).update(mended_at=clock.now())
