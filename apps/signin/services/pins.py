"""The PIN of a locked card: kept, compared, counted. The caller saves nothing but what it changes."""

import hashlib
from datetime import timedelta
from enum import StrEnum

from apps.audit.models import Action
from apps.audit.services import record
from apps.core import clock
from apps.signin import pin_hashes
from apps.signin.models import LoginCard
from apps.signin.services.access import STUDENT_STOPPED
from apps.vault.services import key_ring, keyed_digests

PIN = "login card pin"
FIELDS = ("pin_digest", "pin_ring_key")
LOCK_AT, LOCK_FOR, STOP_AT = 5, timedelta(minutes=15), 10

WRONG = "カードの ｜番号《ばんごう》か ｜暗証《あんしょう》｜番号《ばんごう》が ちがいます。"
LOCKED = (
    "なんども まちがえたので、いま とめて います。15｜分《ふん》 まってから、もう｜一度《いちど》 "
    "ためして ください。"
)
STOPPED = (
    "この カードは とまって います。｜担任《たんにん》の ｜先生《せんせい》に ｜言《い》って、"
    "｜暗証《あんしょう》｜番号《ばんごう》を ｜決《き》めなおして ください。"
)


class Refusal(StrEnum):
    """Why a PIN does not open a card."""

    WRONG = "wrong"  # the only one that counts as a failure
    LOCKED = "locked"
    STOPPED = "stopped"
    SWITCHED_OFF = "switched_off"  # the student, by the roster


SENTENCES = {
    Refusal.WRONG: WRONG,
    Refusal.LOCKED: LOCKED,
    Refusal.STOPPED: STOPPED,
    Refusal.SWITCHED_OFF: STUDENT_STOPPED,
}


def sentence_of(refusal: Refusal | None) -> str:
    """What the student reads (with ruby); "" where nothing was refused."""
    return SENTENCES[refusal] if refusal else ""


def refusal_before(card: LoginCard) -> Refusal | None:
    """Why no PIN is tried on this card now; None where one is."""
    if card.failures >= STOP_AT:
        return Refusal.STOPPED
    if card.locked_until and card.locked_until > clock.now():
        return Refusal.LOCKED
    return None


def tried(card: LoginCard, pin: str) -> Refusal | None:
    """Why this PIN does not open the locked card (None: it does); counted in the row."""
    refusal = refusal_before(card) or _refusal_of(card, pin)
    if refusal is None and not card.student.is_enabled:
        refusal = Refusal.SWITCHED_OFF
    if refusal is Refusal.WRONG:
        _count_failure(card)
    elif refusal is None:
        card.failures, card.locked_until = 0, None
        if card.pin_ring_key != key_ring().newest or not pin_hashes.is_current(_kept(card)):
            set_pin(card, pin)
        card.save(update_fields=["failures", "locked_until", *FIELDS])
    return refusal


def set_pin(card: LoginCard, pin: str) -> None:
    """The PIN's hash under the newest key of the ring, into the row (not saved)."""
    card.pin_ring_key, digest = next(iter(keyed_digests(PIN, _bound_pin(card, pin)).items()))
    card.pin_digest = pin_hashes.hash_of(digest)


def bound_to(card: LoginCard):
    """The id of the card for which the PIN was first chosen."""
    return card.pin_bound_to or card.pk


def _refusal_of(card, pin):
    """A PIN whose key was given up opens nothing, and no try at it counts."""
    known = [card.pin_ring_key] if card.pin_ring_key else None  # else from before it was noted
    digests = keyed_digests(PIN, _bound_pin(card, pin), known)
    if not digests:
        return Refusal.STOPPED
    kept = _kept(card)
    is_right = any(pin_hashes.is_hash_of(kept, each) for each in digests.values())
    return None if is_right else Refusal.WRONG


def _kept(card):
    return bytes(card.pin_digest or b"")


def _bound_pin(card, pin):
    """A PIN has few values: what is digested under a key is tied to its card."""
    return hashlib.sha256(f"{bound_to(card)}|{pin}".encode()).hexdigest()


def _count_failure(card):
    card.failures += 1
    if card.failures % LOCK_AT == 0:
        card.locked_until = clock.now() + LOCK_FOR
        record(
            Action.CARD_LOCKED, municipality_id=card.municipality_id,
            subject_id=card.student_id, thing=card,
        )  # fmt: skip
    card.save(update_fields=["failures", "locked_until"])
