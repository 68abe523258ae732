"""What still depends on the older keys of the ring, and whether one was removed too early."""

import logging
from dataclasses import dataclass

from apps.vault.models import KeyKind
from apps.vault.services import environment_keys
from apps.vault.services.keys import key_ring
from apps.vault.services.ring_store_list import stores
from apps.vault.services.ring_stores import ResealResult, RingStore

log = logging.getLogger(__name__)
FEW_ROWS = 10


@dataclass(frozen=True)
class RingKeyUsage:
    """How many rows of one store depend on one key of the ring, and of how many there are."""

    key: str
    store: RingStore
    n_rows: int
    n_all: int

    def __str__(self):
        return f"{self.n_rows} {self.store.what}"


def older_key_usage(among: list[RingStore] | None = None) -> list[RingKeyUsage]:
    """Everything that depends on another key than the newest, by store; key "" is not known."""
    found = []
    for store in stores() if among is None else among:
        counts = store.counts()
        n_all = sum(counts.values())
        older = sorted((name, n) for name, n in counts.items() if name != key_ring().newest)
        found += [RingKeyUsage(name, store, n, n_all) for name, n in older if n]
    return found


def describe_older_key_usage() -> list[str]:
    """A sentence (English, for the terminal) for each store and older key that it depends on.

    And for each older key that nothing depends on, that it may be removed.
    """
    found = older_key_usage()
    sentences = []
    for each in found:
        of = f"the key {each.key!r}" if each.key else "a key that is not known"
        sentences.append(f"{each} still hang on {of}: {each.store.advice}.")
    needed = {each.key for each in found}
    for name, _ in key_ring().keys[1:]:
        if not needed & {name, ""}:
            sentences.append(f"Nothing hangs on the key {name!r} any more: take it out.")
    return sentences


def reseal_all(limit: int = 200) -> list[tuple[RingStore, ResealResult]]:
    """Seal everything possible under the newest key, ``limit`` rows a transaction.

    A killed run has finished whole rows only; the next one continues. What cannot be opened stays
    as it is and is counted: it never stops the others.
    """
    return [(store, store.reseal(limit)) for store in stores()]


def missing_key_problems():
    """Sentences (English, for the terminal): keys removed from VAULT_KEYS that are still needed.

    A key that was in use here is reported however little depends on it. An id that was never seen
    is a damaged row, unless many rows name it.
    """
    ring, given_up = (
        environment_keys.ring_key_ids(),
        environment_keys.given_up_key_ids(KeyKind.VAULT),
    )
    seen = environment_keys.recorded_key_ids(KeyKind.VAULT)
    known = seen - ring - given_up
    among = stores() if known or not seen else stores()[:1]  # none was removed
    found = [each for each in older_key_usage(among) if each.key not in ring | given_up]
    if not known:  # no key was removed: rows without a key id depend on a present one
        found = [each for each in found if each.key]
    for name in sorted({each.key for each in found}):
        usages = [each for each in found if each.key == name]
        sentence = _sentence(name, usages)
        if name in known or (not name and known) or any(map(_is_much, usages)):
            yield sentence
        else:
            log.error(sentence)


def _sentence(name, usages):
    what = ", ".join(map(str, usages))
    if not name:
        return f"VAULT_KEYS lacks a key that may be needed: of {what} it is not known which one."
    return (
        f"VAULT_KEYS lacks the key {name!r}: {what} need it. Put it back behind the newest and run "
        f"rotate_vault_keys; if it is lost, run give_up_key vault {name}."
    )


def _is_much(each):
    return not each.store.ends_alone and (each.n_rows > FEW_ROWS or each.n_rows * 2 > each.n_all)
