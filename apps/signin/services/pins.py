"""The PIN of a locked card: set, checked, counted. Saves only the fields it changes."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.signin import pin_hashes
from apps.signin.models import LoginCard
from apps.signin.services.access import STUDENT_STOPPED
from apps.vault.services.keys import key_ring, keyed_digests

PIN_LABEL = "login card pin"
PIN_FIELDS = ("pin_digest", "pin_ring_key")
ATTEMPT_FIELDS = (
    "failures",
    "locked_until",
    "wrong_at",
    "wrong_without_card_at",
    "stopped_at",
)  # what a new card keeps
USE_FIELDS = ("entered_at", "unused_until")
LOCK_AT, LOCK_FOR, STOP_AT = 5, timedelta(minutes=15), 10
MAX_WITHOUT_CARD = 5  # wrong PINs of sessions not begun with the card; then the card is needed
COUNTED_FOR = timedelta(days=7)  # a right PIN does not clear the wrong ones of these days

WRONG = _("カードの番号か暗証番号が違います。")
LOCKED = _("何度も間違えたので、今は止めています。少し待ってから、もう一度試してください。")
USE_CARD = _("間違いが続きました。自分のカードを使って入ってください。")
STOPPED = _("このカードは止まっています。担任の先生に言って、暗証番号を決め直してください。")


class PinRefusal(StrEnum):
    """Why a PIN does not open a card."""

    WRONG = "wrong"  # the only one counted as a failure
    LOCKED = "locked"
    STOPPED = "stopped"
    USE_CARD = "use_card"  # closed to whoever has not the card in hand
    SWITCHED_OFF = "switched_off"  # the student is disabled in the roster


REFUSAL_MESSAGES = {
    PinRefusal.WRONG: WRONG,
    PinRefusal.LOCKED: LOCKED,
    PinRefusal.STOPPED: STOPPED,
    PinRefusal.USE_CARD: USE_CARD,
    PinRefusal.SWITCHED_OFF: STUDENT_STOPPED,
}


def refusal_message(refusal: PinRefusal | None) -> str:
    """The message for the student (ruby, easy Japanese); "" where nothing was refused."""
    return str(REFUSAL_MESSAGES[refusal]) if refusal else ""


def locked_until(card: LoginCard) -> datetime | None:
    """Until when no PIN is checked on this card; None where one is, and where waiting is no help."""
    is_locked = card.locked_until is not None and card.locked_until > clock.now()
    return card.locked_until if is_locked and card.stopped_at is None else None


def refusal_before_check(card: LoginCard) -> PinRefusal | None:
    """Why no PIN is checked on this card now; None where one is."""
    if card.stopped_at is not None:
        return PinRefusal.STOPPED
    if card.locked_until and card.locked_until > clock.now():
        return PinRefusal.LOCKED
    return None


def check_pin(
    card: LoginCard, pin: str, *, enters: bool = False, has_card: bool = True
) -> PinRefusal | None:
    """Why this PIN is refused on the locked card (None: accepted); counted in the row.

    With ``enters`` the time is stored as the card's last use. Without ``has_card`` (the session was
    begun in another way) wrong PINs never lock or stop the card: after five since its last use,
    within seven days, only the card opens.
    """
    refusal = refusal_before_check(card)
    if refusal is None and not has_card and _n_without_card(card) >= MAX_WITHOUT_CARD:
        refusal = PinRefusal.USE_CARD
    refusal = refusal or _refusal_of(card, pin)
    if refusal is None and not card.student.is_enabled:
        refusal = PinRefusal.SWITCHED_OFF
    if refusal is PinRefusal.WRONG and not has_card:
        times = [*_recent(card.wrong_without_card_at), clock.now()]
        card.wrong_without_card_at = times[-MAX_WITHOUT_CARD:]
        card.save(update_fields=["wrong_without_card_at"])
    elif refusal is PinRefusal.WRONG:
        _count_failure(card)
    elif refusal is None:
        card.failures, card.locked_until = 0, None
        if card.pin_ring_key != key_ring().newest or not pin_hashes.is_current(_stored_hash(card)):
            set_pin(card, pin)
        if enters:
            card.entered_at, card.unused_until = clock.now(), None
        card.save(update_fields=["failures", "locked_until", *USE_FIELDS, *PIN_FIELDS])
    return refusal


def recent_wrong_pins(card: LoginCard) -> list[datetime]:
    """When wrong PINs of this card were typed in the last seven days, oldest first.

    At most the last ten with the card and the last five without it.
    """
    return sorted(_recent([*card.wrong_at, *card.wrong_without_card_at]))


def clear_failures(card: LoginCard) -> None:
    """Clear the failures before a new PIN is chosen (not saved)."""
    card.failures, card.locked_until, card.stopped_at = 0, None, None


def set_pin(card: LoginCard, pin: str) -> None:
    """Set the PIN's hash under the newest key (not saved)."""
    card.pin_ring_key, digest = next(iter(keyed_digests(PIN_LABEL, _bound_pin(card, pin)).items()))
    card.pin_digest = pin_hashes.hash_of(digest)


def bound_card_id(card: LoginCard):
    """The id of the card for which the PIN was first chosen."""
    return card.pin_bound_to or card.pk


def _refusal_of(card, pin):
    """Check the PIN; one whose key is no longer available opens nothing and counts no failure."""
    # falls back for cards from before the column
    known = [card.pin_ring_key] if card.pin_ring_key else None
    digests = keyed_digests(PIN_LABEL, _bound_pin(card, pin), known)
    if not digests:
        return PinRefusal.STOPPED
    stored = _stored_hash(card)
    is_right = any(pin_hashes.is_hash_of(stored, each) for each in digests.values())
    return None if is_right else PinRefusal.WRONG


def _stored_hash(card):
    return bytes(card.pin_digest or b"")


def _bound_pin(card, pin):
    """The PIN tied to its card: it has few values, so the digest differs for each card."""
    return hashlib.sha256(f"{bound_card_id(card)}|{pin}".encode()).hexdigest()


def _recent(times):
    since = clock.now() - COUNTED_FOR
    return [at for at in times if at > since]


def _n_without_card(card):
    """Recent wrong PINs of sessions not begun with the card, since the card was last used."""
    used = max((at for at in (card.entered_at, card.pin_set_at) if at), default=None)
    return sum(used is None or at > used for at in _recent(card.wrong_without_card_at))


def _n_against_present_pin(card):
    """Failures since the present PIN was chosen; the times of earlier ones are still shown."""
    chosen_at = card.pin_set_at
    return sum(chosen_at is None or at >= chosen_at for at in card.wrong_at)


def _count_failure(card):
    now = clock.now()
    card.failures += 1
    card.wrong_at = [*_recent(card.wrong_at), now][-STOP_AT:]
    is_locked = card.failures % LOCK_AT == 0
    is_stopped = card.failures >= STOP_AT or _n_against_present_pin(card) >= STOP_AT
    if is_locked:
        card.locked_until = now + LOCK_FOR
    if is_stopped:
        card.stopped_at = now
    if is_locked or is_stopped:
        record_about(card, Action.CARD_LOCKED)
    card.save(update_fields=[*ATTEMPT_FIELDS])
