"""A PIN is stored as a password hash over its keyed digest; each record names its key."""

import time

import pytest

from apps.signin import pin_hashes
from apps.signin.models import LoginCard
from apps.signin.services import cards, pins
from apps.vault.services.keys import keyed_digests

PIN = "7305"
NEW = "2027:" + "bmV3LWtleS1vZi10aGlydHktdHdvLWJ5dGVzLWxvbmc"


@pytest.fixture
def code(cast):
    ((_, card),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(card, PIN)
    return card


def bare(card):
    """Change the row to the form before hashes; returns its keyed digest."""
    digest = keyed_digests(pins.PIN_LABEL, pins._bound_pin(card, PIN))[card.pin_ring_key]
    LoginCard.objects.update(pin_digest=digest)
    return digest


def stored_hash():
    return bytes(LoginCard.objects.get().pin_digest)


def test_a_pin_is_kept_by_argon2id_and_never_as_a_bare_digest(code):
    card = LoginCard.objects.get()
    assert stored_hash().startswith(b"$argon2id$v=19$m=4096,t=2,p=1$")
    assert not any(each in stored_hash() for each in keyed_digests(pins.PIN_LABEL, PIN).values())
    assert card.pin_ring_key


def test_two_students_with_one_pin_have_two_hashes(cast, code):
    ((_, other),) = cards.issue_cards([cast.ren], by=cast.homeroom.user)
    cards.set_first_pin(other, PIN)
    assert len({bytes(card.pin_digest) for card in LoginCard.objects.all()}) == 2


def test_an_old_digest_opens_and_is_a_hash_after_the_next_sign_in(code):
    bare(LoginCard.objects.get())
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(code, "7306")
    assert len(stored_hash()) == 32
    assert cards.sign_in_with_card(code, PIN)
    assert stored_hash().startswith(b"$argon2id$")


def test_a_sign_in_rehashes_only_what_is_not_current(code, settings):
    before = stored_hash()
    cards.sign_in_with_card(code, PIN)
    assert stored_hash() == before
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    cards.sign_in_with_card(code, PIN)
    assert (LoginCard.objects.get().pin_ring_key, stored_hash() != before) == ("2027", True)


def test_a_pin_whose_key_was_given_up_says_so_and_counts_no_try(code, settings):
    LoginCard.objects.update(pin_ring_key="gone")
    with pytest.raises(cards.CannotSignIn, match="止まって"):
        cards.sign_in_with_card(code, PIN)
    assert LoginCard.objects.get().failures == 0


@pytest.mark.parametrize("kept_", [b"", b"$argon2id$", b"$argon2id$\xff", b"\0" * 32])
def test_a_damaged_hash_opens_for_nobody(kept_):
    assert not pin_hashes.is_hash_of(kept_, b"\1" * 32)


def test_an_unknown_code_takes_as_long_as_a_wrong_pin(code):
    def cost(number):
        begin = time.process_time()
        for _ in range(5):
            with pytest.raises(cards.CannotSignIn):
                cards.sign_in_with_card(number, "7306")
            LoginCard.objects.update(failures=0, locked_until=None)
        return time.process_time() - begin

    cost(code)
    assert cost("ABCDEFGHJK") > cost(code) / 3
