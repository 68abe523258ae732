"""Codes of printed sheets are sealed, rotated and damaged one by one."""

import base64
import io

from django.core.management import call_command
from django.db import connection

from apps.audit.models import AuditEvent
from apps.registration.models import InvitationLetter, PrintedCode, PrintedSheet
from apps.registration.services import letters as letters_services
from apps.signin.models import LoginCard
from apps.signin.services import cards
from apps.vault.services.paper_codes import open_code
from tests.registration.print_helpers import PIN, address, digests, ids, printed_codes

NEW = "n2:" + base64.urlsafe_b64encode(b"n" * 32).decode()


# -- what is stored ------------------------------------------------------------------------------------


def test_no_dump_of_the_tables_shows_a_code(cast, desk, office):
    page = desk.post(address(cast), {"person": ids([cast.sakura])}, follow=True)
    letters = office.post(address(cast, "letters"), {"person": ids([cast.midori])}, follow=True)
    found = [code.replace("-", "") for code in printed_codes(page) + printed_codes(letters)]
    with connection.cursor() as cursor:
        for model in (LoginCard, InvitationLetter, PrintedSheet, PrintedCode, AuditEvent):
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")  # noqa: S608
            dump = " ".join(row[0] for row in cursor.fetchall())
            for code in found:
                assert code not in dump
                assert code.encode().hex() not in dump


def test_after_a_rotation_the_same_card_opens_and_prints_without_the_old_key(cast, settings):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    ((_, letter),) = letters_services.issue_guardian_letters([cast.midori], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    cards.sign_in_with_card(code, PIN)  # keeps the digest of the PIN, and the code
    output = io.StringIO()
    call_command("rotate_vault_keys", stdout=output)
    assert "1 codes of letters sealed anew" in output.getvalue()
    settings.VAULT_KEYS = NEW
    assert cards.sign_in_with_card(code, PIN) == cast.sakura.user
    assert open_code(LoginCard.objects.get()) == code
    assert letters_services.find_letter(letter).guardian == cast.midori


def test_one_damaged_code_does_not_stop_the_rotation_of_others(cast, settings):
    cards.issue_cards([cast.sakura, cast.ren], by=None)
    LoginCard.objects.filter(student=cast.ren).update(sealed_code=b"\x01 damaged")
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    output = io.StringIO()
    call_command("rotate_vault_keys", stdout=output)
    assert "1 codes of cards sealed anew" in output.getvalue()
    assert "1 codes of cards cannot be opened" in output.getvalue()


def test_a_card_whose_ring_key_is_lost_says_so_and_offers_a_new_code(cast, sign_in, settings):
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    settings.VAULT_KEYS = NEW
    desk = sign_in(cast.homeroom.user)  # sessions are encrypted with the ring too
    before = digests(LoginCard)
    assert "番号を包んだ鍵がない" in desk.get(address(cast)).content.decode()
    page = desk.post(address(cast), {"person": ids([cast.sakura])}, follow=True)
    assert "新しい番号にする" in page.content.decode()
    assert printed_codes(page) == []
    assert digests(LoginCard) == before


def test_a_card_from_before_sealing_is_kept_and_not_printed(cast, desk):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    LoginCard.objects.update(sealed_code=None, code_ring_key="")
    page = desk.post(address(cast), {"person": ids([cast.sakura])}, follow=True)
    assert "前のしくみで作られた" in page.content.decode()
    assert cards.find_card(code) is not None


def test_one_damaged_card_does_not_keep_the_others_from_printing(cast, pupils, desk):
    cards.issue_cards(pupils[:3], by=cast.homeroom.user)
    LoginCard.objects.filter(student=pupils[0]).update(sealed_code=b"\x01 damaged")
    page = desk.post(address(cast), {"person": ids(pupils[:3])}, follow=True)
    assert len(printed_codes(page)) == 2
    assert "番号が読めないため" in page.content.decode()
