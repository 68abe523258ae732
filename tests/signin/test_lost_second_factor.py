"""A lost second factor is reset by two people; afterwards its owner starts as if new."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from apps.signin.services import factor_resets
from tests import factories
from tests.browser import Browser
from tests.people.act_scenarios import propose
from tests.signin.account_helpers import NEW, is_in, signed_in, with_factor, with_password

pytestmark = pytest.mark.django_db
WHY = "窓口に来てもらい、職員証で本人と確かめたため"


@pytest.fixture
def privacy(cast):
    return factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user


@pytest.fixture
def nurse(cast):
    with_factor(with_password(cast.nurse.user))
    return cast.nurse.user


def reset(nurse, cast, privacy):
    """Two people agree, and the worker carries it out."""
    act = factor_resets.propose_reset(nurse, by=cast.helpdesk.user, reason=WHY)
    pending_acts.confirm(act, by=privacy)
    factor_resets.apply_factor_resets()
    nurse.refresh_from_db()


def may_open_the_page(sign_in, who, account):
    page = reverse("admin:people_user_change", args=[account.pk])
    return sign_in(who).get(page).status_code == 200


def test_it_goes_with_the_password_and_every_session_and_is_told(cast, nurse, privacy, mailoutbox):
    EmailAddress.objects.create(user=nurse, email="second@example.com", verified=True)
    browser = signed_in(nurse)
    mailoutbox.clear()
    reset(nurse, cast, privacy)
    assert not Authenticator.objects.filter(user=nurse).exists()
    assert not nurse.has_usable_password()
    assert not is_in(browser)
    assert {each.to[0] for each in mailoutbox} == {nurse.email, "second@example.com"}
    assert all("2段階の認証がなくなりました" in each.subject for each in mailoutbox)
    row = AuditEvent.objects.get(action=Action.RECORD_CHANGED, thing_id=str(nurse.pk))
    assert (row.actor, row.fields) == (privacy, ["password", "second_factor"])


def test_a_linked_card_goes_too(cast, nurse, privacy):
    """Who had taken over the account may have linked their own card."""
    with_factor(with_password(cast.midori.user))
    SocialAccount.objects.create(user=cast.midori.user, provider="myna:x", uid="stranger")
    reset(cast.midori.user, cast, privacy)
    assert not SocialAccount.objects.exists()
    row = AuditEvent.objects.get(action=Action.RECORD_CHANGED, thing_id=str(cast.midori.user.pk))
    assert row.fields == ["password", "second_factor", "my_number_card"]


def test_afterwards_a_code_by_mail_and_a_new_factor_come_before_the_staff_pages(
    cast, nurse, privacy, mailoutbox
):
    reset(nurse, cast, privacy)
    browser = Browser()
    typed = {"login": nurse.email, "password": factories.PASSWORD}
    assert browser.post(reverse("account_login"), typed).status_code == 200  # the old password
    mailoutbox.clear()
    browser.post(reverse("account_reset_password"), {"email": nurse.email})
    code = re.search(r"^[A-Z0-9-]{6,}$", mailoutbox[0].body, re.MULTILINE).group(0)
    browser.post(reverse("account_confirm_password_reset_code"), {"code": code})
    browser.post(reverse("account_complete_password_reset"), {"password1": NEW, "password2": NEW})
    browser.post(reverse("account_login"), {"login": nurse.email, "password": NEW})
    answer = browser.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[0][0] == reverse("mfa_activate_totp")


def test_helpdesk_begins_it_on_the_accounts_page_with_a_reason(cast, nurse, sign_in):
    client = sign_in(cast.helpdesk.user)
    page = client.get(reverse("admin:people_user_change", args=[nurse.pk])).content.decode()
    assert "2段階の認証をなくす" in page and "このアカウントを止める" not in page
    answer = client.post(reverse("admin:people_user_reset_factor", args=[nurse.pk]))
    assert propose(client, answer, reason="").status_code == 422
    assert propose(client, answer, reason=WHY).status_code == 302
    assert PendingAct.objects.get().proposed_role == Role.HELPDESK
    assert Authenticator.objects.filter(user=nurse).exists()


def test_nobody_confirms_it_for_themselves(cast, privacy):
    with_factor(privacy)
    act = factor_resets.propose_reset(privacy, by=cast.helpdesk.user, reason=WHY)
    with pytest.raises(pending_acts.CannotAct, match="自分のアカウント"):
        pending_acts.confirm(act, by=privacy)


@pytest.mark.parametrize("who", ["nurse", "principal", "homeroom", "away_nurse"])
def test_others_cannot_begin_it(cast, nurse, sign_in, who):
    by = getattr(cast, who).user
    with pytest.raises(pending_acts.CannotAct):
        factor_resets.propose_reset(cast.counsellor.user, by=by, reason=WHY)
    answer = sign_in(by).post(reverse("admin:people_user_reset_factor", args=[nurse.pk]))
    assert answer.status_code in (302, 403, 404)
    assert not PendingAct.objects.exists()


def test_nobody_begins_it_for_themselves_or_in_another_city(cast, sign_in):
    with pytest.raises(pending_acts.CannotAct):
        factor_resets.propose_reset(cast.helpdesk.user, by=cast.helpdesk.user, reason=WHY)
    with pytest.raises(pending_acts.CannotAct):
        factor_resets.propose_reset(cast.away_nurse.user, by=cast.helpdesk.user, reason=WHY)
    assert not may_open_the_page(sign_in, cast.helpdesk.user, cast.away_nurse.user)


def test_a_guardian_who_lost_it_is_helped_too(cast, privacy, sign_in):
    guardian = with_password(cast.midori.user)
    assert not may_open_the_page(sign_in, cast.helpdesk.user, guardian)
    with_factor(guardian)
    assert may_open_the_page(sign_in, cast.helpdesk.user, guardian)
    reset(guardian, cast, privacy)
    assert not Authenticator.objects.filter(user=guardian).exists()


def test_whoever_has_set_up_another_meanwhile_by_stopping_it_keeps_it(cast, nurse):
    act = factor_resets.propose_reset(nurse, by=cast.helpdesk.user, reason=WHY)
    pending_acts.stop(act, by=cast.helpdesk.user)
    factor_resets.apply_factor_resets()
    assert Authenticator.objects.filter(user=nurse).exists()


def test_who_has_a_card_alone_proves_it_by_a_new_sign_in(cast):
    """An open session without password and factor adds no passkey and no address."""
    user = with_password(cast.midori.user)
    browser = signed_in(user)
    user.set_unusable_password()
    user.save()
    factories.force_sign_in(browser, user)
    record = {"method": "myna", "at": time.time()}
    session = browser.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [record]
    session.save()
    page = reverse("mfa_add_webauthn")
    assert browser.get(page).status_code == 200  # has just used the card
    session["account_authentication_methods"] = [record | {"at": record["at"] - 3600}]
    session.save()
    answer = browser.get(page)
    assert answer.url == reverse("account_login")
    assert not is_in(browser)
