"""What depends on a ring key is counted, moved to the newest, and reported if the key is gone."""

import io

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.checkins.models import DeliveryKey
from apps.consent.models import ConsentReceipt, Purpose
from apps.consent.services.recorded_names import recorded_name
from apps.core.sealed_field import SealedTextField
from apps.people.models import EmergencyAccess
from apps.people.services.emergencies import begin_emergency
from apps.registration.services import letters
from apps.signin.models import LoginCard
from apps.signin.services import cards
from apps.vault import sealed_text
from apps.vault.models import EnvironmentKey, KeyKind, ReplacedKey, SubjectKey
from apps.vault.services.environment_keys import record_environment_keys
from apps.vault.services.keys import move_to_replaced
from apps.vault.services.ring_sealing import seal_column, unseal_column
from apps.vault.services.ring_store_list import stores
from apps.vault.services.ring_usage import older_key_usage
from apps.vault.services.rotation import environment_problems
from tests import factories
from tests.database_roles import as_owner
from tests.vault.test_rotation import NEW
from tests.without_triggers import triggers_off

PIN = "4827"


@pytest.fixture
def lived_in(cast, settings):
    """A portal in which rows of every kind depend on the ring's first key."""
    receipt = factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    ((_, letter),) = letters.issue_guardian_letters([cast.midori], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    begin_emergency(cast.homeroom.user, cast.ren, why="けがをして病院にいます")
    TOTP.activate(cast.midori.user, "JBSWY3DPEHPK3PXP")
    factories.make_effective(cast.ren, Purpose.ATTENDANCE)
    move_to_replaced(SubjectKey.objects.filter(student=cast.ren).first())
    day = DeliveryKey(made_on="2026-04-01", public=b"x")
    seal_column(day, b"scalar")
    day.save()
    record_environment_keys()
    return code, letter, receipt


def turned(settings):
    """A new key first in the ring; the output of the command."""
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    return rotate()


def rotate():
    output = io.StringIO()
    call_command("rotate_vault_keys", stdout=output)
    return output.getvalue()


def by_key():
    return {
        name: {h.store.what for h in older_key_usage() if h.key == name}
        for name in {h.key for h in older_key_usage()}
    }


def test_everything_that_can_be_sealed_anew_leaves_the_old_key(lived_in, settings):
    before = {store.what for store in stores() if store.counts()}
    assert {
        "subject keys", "replaced keys", "codes of cards", "codes of letters", "PINs of cards",
        "names on receipts", "texts of people.EmergencyAccess.why", "delivery keys of a day",
        "secrets of second factors",
    } <= before  # fmt: skip
    output = turned(settings)
    assert by_key() == {"k1": {"PINs of cards"}}
    assert "1 PINs of cards still hang on the key 'k1': each moves to the newest key" in output


def test_what_was_sealed_anew_opens_without_the_old_key(cast, lived_in, settings):
    code, letter, _ = lived_in
    names = {row.pk: recorded_name(row) for row in ConsentReceipt.objects.all()}
    turned(settings)
    cards.sign_in_with_card(code, PIN)
    settings.VAULT_KEYS = NEW
    assert cards.sign_in_with_card(code, PIN) == cast.sakura.user
    assert letters.find_letter(letter).guardian == cast.midori
    assert {row.pk: recorded_name(row) for row in ConsentReceipt.objects.all()} == names
    assert set(names.values()) != {""}
    assert EmergencyAccess.objects.get().why == "けがをして病院にいます"
    assert unseal_column(DeliveryKey.objects.get()) == b"scalar"
    secret = Authenticator.objects.get(type="totp", user=cast.midori.user).data["secret"]
    assert sealed_text.unseal(secret, "mfa") == "JBSWY3DPEHPK3PXP"
    assert ReplacedKey.objects.values_list("ring_key", flat=True).distinct().get() == "n2"


def test_a_pin_moves_at_its_next_use_and_then_nothing_hangs_on_the_old_key(lived_in, settings):
    code, _, _ = lived_in
    turned(settings)
    cards.sign_in_with_card(code, PIN)
    assert "Nothing hangs on the key 'k1' any more: take it out." in rotate()


def test_a_key_taken_out_too_early_stops_the_start_and_names_what_needs_it(lived_in, settings):
    turned(settings)
    settings.VAULT_KEYS = NEW
    (sentence,) = environment_problems()
    assert sentence.startswith(
        "VAULT_KEYS lacks the key 'k1': 1 PINs of cards need it. Put it back"
    )


def test_before_the_rotation_every_table_is_named_with_its_count(lived_in, settings):
    settings.VAULT_KEYS = NEW
    sentence = next(iter(environment_problems()))
    n_keys, n_names = SubjectKey.objects.count(), ConsentReceipt.objects.count()
    for what in (f"{n_keys} subject keys", f"{n_names} names on receipts", "1 codes of letters"):
        assert what in sentence


def test_a_digest_whose_key_was_never_noted_keeps_every_older_key(lived_in, settings):
    LoginCard.objects.update(pin_ring_key="")
    output = turned(settings)
    assert "1 PINs of cards still hang on a key that is not known" in output
    assert "take it out" not in output
    settings.VAULT_KEYS = NEW
    (sentence,) = environment_problems()
    assert "of 1 PINs of cards it is not known which one" in sentence


def test_a_code_from_before_sealing_is_sealed_when_it_is_next_used(lived_in, settings):
    code, _, _ = lived_in
    LoginCard.objects.update(sealed_code=None, code_ring_key="")
    turned(settings)
    assert by_key()[""] == {"codes of cards from before they were sealed"}
    cards.sign_in_with_card(code, PIN)
    assert by_key() == {}
    settings.VAULT_KEYS = NEW
    assert cards.find_card(code) is not None


def test_a_lost_key_is_given_up_in_words_and_then_the_portal_starts(lived_in, settings):
    turned(settings)
    with pytest.raises(CommandError, match="still holds the key 'k1'"):
        call_command("give_up_key", "vault", "k1", "--reason", "x")
    settings.VAULT_KEYS = NEW
    output = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("give_up_key", "vault", "k1", stdout=output)
    assert "1 PINs of cards will not open any more." in output.getvalue()
    call_command("give_up_key", "vault", "k1", "--reason", "the disk burnt", stdout=output)
    assert list(environment_problems()) == []
    assert (
        EnvironmentKey.objects.get(kind=KeyKind.VAULT, name="k1").given_up_because
        == "the disk burnt"
    )


def test_another_key_under_a_known_id_stops_the_start(lived_in, settings):
    settings.VAULT_KEYS = NEW.replace("n2:", "k1:")
    assert "VAULT_KEYS holds another key under the id 'k1' than before." in list(
        environment_problems()
    )


def test_a_rotation_that_was_killed_goes_on_with_the_rest(lived_in, settings):
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    names = next(store for store in stores() if store.what == "names on receipts")
    n_all = ConsentReceipt.objects.count()
    progress = names._reseal_batch(None, 1)
    assert (progress.done, names.counts()) == (
        1,
        {"n2": 1, "k1": n_all - 1} if n_all > 1 else {"n2": 1},
    )
    assert names.reseal(limit=1).done == n_all - 1
    assert names.reseal().done == 0


def test_a_text_from_before_it_was_sealed_is_sealed_by_the_rotation(lived_in):
    with triggers_off() as cursor:
        cursor.execute("UPDATE people_emergencyaccess SET why = 'readable'")
    rotate()
    with connection.cursor() as cursor:
        cursor.execute("SELECT why FROM people_emergencyaccess")
        assert cursor.fetchone()[0].startswith("sealed:k1:")
    assert EmergencyAccess.objects.get().why == "readable"


def test_a_record_keeps_its_name_sealed_and_nothing_else_of_it_changes(lived_in):
    for change in ("sealed_name = ''", "sealed_name = 'readable'", "party = 'student'"):
        with as_owner(), pytest.raises(Exception, match="pgtrigger"), transaction.atomic():
            connection.cursor().execute(f"UPDATE consent_consentreceipt SET {change}")  # noqa: S608


def test_sessions_are_counted_and_not_sealed_anew(cast, sign_in, settings):
    sign_in(cast.midori.user)
    record_environment_keys()
    output = turned(settings)
    assert "1 sessions still hang on the key 'k1': they end by themselves" in output
    settings.VAULT_KEYS = NEW
    assert "1 sessions" in next(iter(environment_problems()))


def test_every_sealed_text_column_is_one_of_the_counted_places():
    own_stores = {(store.model, store.field) for store in stores() if hasattr(store, "field")}
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedTextField):
                assert (model, field.name) in own_stores
