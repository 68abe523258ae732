"""The share store: which one belongs to this database, and whether it can be used now."""

import uuid

from django.conf import settings
from django.db import transaction

from apps.core import clock
from apps.vault.models import ShareStore, SubjectKey
from apps.vault.shares import ShareFolder, StoreProblem, StoreUnavailable, read_marker, write_marker

SAMPLE_SIZE = 200
PROBLEM_SENTENCES = {  # English, for the terminal and for readyz
    StoreProblem.NOT_INITIALISED: "no share store was initialised for this database: run init_share_store",
    StoreProblem.NO_MARKER: "KEY_SHARES_FOLDER holds no share store: is its disk mounted?",
    StoreProblem.OTHER_STORE: "KEY_SHARES_FOLDER is the share store of another database",
    StoreProblem.UNREADABLE: "KEY_SHARES_FOLDER cannot be read or written",
    StoreProblem.READ_ONLY: "KEY_SHARES_FOLDER is read-only: no key can be made, none taken from the disk",
}
NEVER_INITIALISED = {StoreProblem.NOT_INITIALISED, StoreProblem.NO_MARKER, StoreProblem.OTHER_STORE}


class CannotInitialise(Exception):
    """The folder must not become the store of this database; the message says why."""


def share_folder() -> ShareFolder:
    """The store that belongs to this database, where the settings say it is.

    Raises StoreUnavailable where the database knows none yet.
    """
    folder = settings.KEY_SHARES_FOLDER
    store_id = _known.get(folder) or _id_in_database()  # another thread may forget it meanwhile
    if store_id is None:
        raise StoreUnavailable(StoreProblem.NOT_INITIALISED)
    _known[folder] = store_id
    return ShareFolder(folder, store_id)


_known = {}  # {folder: the id of the store} of this process


def store_problem() -> StoreProblem | None:
    """Why the store cannot be used fully now; None where it can. Asks the database and the disk."""
    _known.clear()
    try:
        share_folder().check_writable()
    except StoreUnavailable as error:
        return error.why
    return None


def is_store_unavailable() -> bool:
    """Whether no share can be read or written now (one that is only read-only can be read)."""
    try:
        share_folder().check()
    except StoreUnavailable:
        return True
    return False


@transaction.atomic
def initialise_store(*, after_loss: bool = False) -> uuid.UUID:
    """Make the folder of the settings the store of this database; the store's id.

    A folder that is already so is left as it is. Only ``after_loss`` says that the store of this
    database is lost for good: an empty folder becomes a new one, and every key without a share is
    damage until two people declare it lost. Raises CannotInitialise, StoreUnavailable.
    """
    known, found = _id_in_database(), read_marker(settings.KEY_SHARES_FOLDER)
    if known is not None and found == str(known):
        return known
    if refusal := _refusal(known, found, after_loss):
        raise CannotInitialise(refusal)
    store_id = uuid.UUID(found) if found else uuid.uuid4()
    ShareStore.objects.update_or_create(
        pk=ShareStore.THE_ONE, defaults={"store_id": store_id, "made_at": clock.now()}
    )
    if not found:
        write_marker(settings.KEY_SHARES_FOLDER, store_id)
    _known.clear()
    return store_id


def _refusal(known, found, after_loss):
    """Why the folder must not become the store (English), "" where it may."""
    folder = ShareFolder(settings.KEY_SHARES_FOLDER, None)
    if found and known is not None:
        return "KEY_SHARES_FOLDER is the share store of another database."
    if known is not None and not after_loss:
        return (
            "This database has a share store, and KEY_SHARES_FOLDER is not it. Mount the folder of "
            "the store; only where it is lost for good: an empty folder and --after-loss."
        )
    sample = SubjectKey.objects.filter(has_share=True).order_by("pk")[:SAMPLE_SIZE]
    n_here = [folder.path_of(pk).exists() for pk in sample.values_list("pk", flat=True)]
    is_empty = folder.is_empty()
    if not is_empty and (not n_here or sum(n_here) * 2 < len(n_here)):
        return "KEY_SHARES_FOLDER holds the shares of another database."
    if is_empty and n_here and not after_loss:
        return (
            "KEY_SHARES_FOLDER is empty, but this database has keys. Mount the folder of their "
            "shares; only where it is lost for good: --after-loss."
        )
    return ""


def _id_in_database():
    return ShareStore.objects.values_list("store_id", flat=True).first()
