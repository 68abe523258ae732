"""The share store: which one belongs to this database, and whether it can be used now."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.core import clock
from apps.vault.erasure_list import Erasure
from apps.vault.models import ShareStore, SubjectKey
from apps.vault.share_snapshots import load_snapshot, read_snapshot_id, write_snapshot
from apps.vault.share_urls import store_at
from apps.vault.shares import KeyShares, StoreProblem, StoreUnavailable

SAMPLE_SIZE = 200
PROBLEM_SENTENCES = {  # English, for the terminal and for readyz
    StoreProblem.NOT_INITIALISED: "no share store was initialised for this database: run init_share_store",
    StoreProblem.NO_MARKER: "KEY_SHARES_URL holds no share store: is its disk mounted?",
    StoreProblem.OTHER_STORE: "KEY_SHARES_URL is the share store of another database",
    StoreProblem.UNREADABLE: "KEY_SHARES_URL does not answer, or cannot be read",
    StoreProblem.READ_ONLY: "KEY_SHARES_URL is read-only: no key can be made, none destroyed there",
}
NEVER_INITIALISED = {StoreProblem.NOT_INITIALISED, StoreProblem.NO_MARKER, StoreProblem.OTHER_STORE}


class CannotInitialise(Exception):
    """What KEY_SHARES_URL names must not become this database's store; the message says why."""


def current_store() -> KeyShares:
    """The store that belongs to this database, where the settings say it is.

    Raises StoreUnavailable where the database knows none yet.
    """
    url = settings.KEY_SHARES_URL
    if (store := _known.get(url)) is None:  # another thread may forget it meanwhile
        store_id = _id_in_database()
        if store_id is None:
            raise StoreUnavailable(StoreProblem.NOT_INITIALISED)
        store = _known[url] = store_at(url, store_id)
    return store


_known = {}  # {URL: the store} of this process


def store_problem() -> StoreProblem | None:
    """Why the store cannot be used fully now; None where it can. Asks the database and the store."""
    _known.clear()
    try:
        current_store().check_writable()
    except StoreUnavailable as error:
        return error.why
    return None


def is_store_unavailable() -> bool:
    """Whether no share can be read or written now (one that is only read-only can be read)."""
    try:
        current_store().check()
    except StoreUnavailable:
        return True
    return False


@transaction.atomic
def initialise_store(*, after_loss: bool = False) -> uuid.UUID:
    """Make what KEY_SHARES_URL names the store of this database; the store's id.

    One that is already so is left as it is. Only ``after_loss`` says that the store of this
    database is lost for good: an empty one becomes the new one, and every key without a share is
    damage until two people declare it lost. Raises CannotInitialise, StoreUnavailable.
    """
    store = store_at(settings.KEY_SHARES_URL, None)
    known, found = _id_in_database(), store.read_marker()
    if known is not None and found == str(known):
        return known
    if refusal := _refusal(store, known, found, after_loss):
        raise CannotInitialise(refusal)
    store_id = uuid.UUID(found) if found else uuid.uuid4()
    ShareStore.objects.update_or_create(
        pk=ShareStore.THE_ONE, defaults={"store_id": store_id, "made_at": clock.now()}
    )
    if not found:
        store.write_marker(store_id)
    _known.clear()
    return store_id


def _refusal(store, known, found, after_loss):
    """Why it must not become the store of this database (English), "" where it may."""
    if found and known is not None:
        return "KEY_SHARES_URL is the share store of another database."
    if known is not None and not after_loss:
        return (
            "This database has a share store, and KEY_SHARES_URL is not it. Mount the folder of "
            "the store, or name its database; only where it is lost for good: an empty one and "
            "--after-loss."
        )
    sample = SubjectKey.objects.filter(has_share=True).order_by("pk")[:SAMPLE_SIZE]
    key_ids = list(sample.values_list("pk", flat=True))
    is_empty = store.is_empty()
    if not is_empty and (not key_ids or store.count_held(key_ids) * 2 < len(key_ids)):
        return "KEY_SHARES_URL holds the shares of another database."
    if is_empty and key_ids and not after_loss:
        return (
            "KEY_SHARES_URL is empty, but this database has keys. Mount the folder of their "
            "shares, or name their database; only where it is lost for good: --after-loss."
        )
    return ""


def snapshot(to: Path) -> tuple[int, int]:
    """Copy the store into a new file; how many shares, how many could not be read.

    For backups: the file is kept apart from the database's, and for days only. Raises
    StoreUnavailable, OSError.
    """
    return write_snapshot(current_store(), to)


def list_of_ended_keys() -> Iterator[Erasure]:
    """Every key that ended, as the store lists them, oldest first. Raises StoreUnavailable."""
    return current_store().erased_keys()


def load_store(path: Path) -> int:
    """Fill the empty store that KEY_SHARES_URL names with a snapshot of this database's store.

    How many shares. Raises CannotInitialise, BadSnapshot, StoreUnavailable, OSError.
    """
    known = _id_in_database()
    if known is not None and read_snapshot_id(path) != known:
        raise CannotInitialise("The snapshot is of the share store of another database.")
    return load_snapshot(store_at(settings.KEY_SHARES_URL, None), path)


def server_setting_problems() -> list[str]:
    """Sentences (English) about settings of the store's server that keep destroyed shares readable.

    Raises StoreUnavailable.
    """
    return current_store().setting_problems()


def purge_store() -> int:
    """Remove what is left of destroyed shares in the store's own files; 1.

    Raises StoreUnavailable: the next night does it.
    """
    current_store().purge_nightly()
    return 1


def _id_in_database():
    return ShareStore.objects.values_list("store_id", flat=True).first()
