"""What the helpdesk sees of a person and may do: how they sign in, never what they wrote."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.helpdesk.services import support_people
from apps.mail.services.delivery import send_due
from apps.people.models import Guardianship, Role
from apps.people.permission_tables import EXTRA_ROLES_BY_PURPOSE, ROLES_BY_PURPOSE, ROLES_BY_VERB
from apps.people.permissions import may_open
from apps.push.models import PushSubscription
from apps.signin.models import LoginCard
from apps.signin.services import cards
from tests import factories
from tests.push.browser_keys import device

PEOPLE = "/admin/helpdesk/supportquestion/people/"
# Verbs that open what people wrote or answered, or who is whose guardian.
CONTENT_VERBS = {
    "checkins.view", "help.answer", "family.answer", "cases.view", "cases.decide", "consent.view",
    "corrections.answer", "access_log.decide", "reports.view", "audit.view", "paper.enter",
    "guardians.standing", "registrations.confirm",
}  # fmt: skip


def person_page(person):
    return reverse("admin:helpdesk_person", args=[person.user.pk])


def test_the_helpdesk_holds_no_verb_and_no_purpose_that_opens_content(cast):
    assert {verb for verb in CONTENT_VERBS if Role.HELPDESK in ROLES_BY_VERB[verb]} == set()
    for table in (ROLES_BY_PURPOSE, EXTRA_ROLES_BY_PURPOSE):
        assert [purpose for purpose, roles in table.items() if Role.HELPDESK in roles] == []
    for purpose in (*ROLES_BY_PURPOSE, "helpline", "protection", "family"):
        assert not may_open(cast.helpdesk.user, cast.sakura, purpose)


def test_the_page_says_how_a_student_signs_in_and_is_reached(cast, sign_in):
    cards.issue_cards([cast.sakura], by=cast.officer.user)
    device(cast.sakura.user)
    client = sign_in(cast.helpdesk.user)
    assert client.post(PEOPLE, {"search_words": "さくら"}).status_code == 302
    found = client.get(client.post(PEOPLE, {"search_words": "さくら"}).url)
    assert person_page(cast.sakura) in found.text
    assert "さくら" not in found.request["QUERY_STRING"]
    page = client.get(person_page(cast.sakura)).text
    assert "端末" in page
    assert "まだ決めていない" in page
    assert "まちがいが続き" not in page
    LoginCard.objects.update(locked_until=clock.now() + timedelta(minutes=9))
    assert "まで止まっている" in client.get(person_page(cast.sakura)).text
    LoginCard.objects.update(stopped_at=clock.now())
    assert "暗証番号を決め直すと使える" in client.get(person_page(cast.sakura)).text
    class_id = cast.sakura.home_class_id
    for name, args in (
        ("registration_pin_reset", [class_id, cast.sakura.pk]), ("registration_cards", [class_id]),
        ("signin_sessions_person", [cast.sakura.user.pk]),
    ):  # fmt: skip
        address = reverse(f"admin:{name}", args=args)
        assert address in page
        assert client.get(address).status_code == 200
    assert AuditEvent.objects.filter(action=Action.SUPPORT_PERSON, audience="office").count() == 3
    assert PushSubscription.objects.count() == 1
    for post in (cast.nurse, cast.homeroom, cast.principal):
        assert sign_in(post.user).get(PEOPLE).status_code == 403
        assert sign_in(post.user).get(person_page(cast.sakura)).status_code == 403
    away = factories.staff_post(Role.HELPDESK, of=cast.away, name="となりのヘルプデスク")
    assert sign_in(away.user).get(person_page(cast.sakura)).status_code == 404
    assert client.get(person_page(cast.helpdesk)).status_code == 404  # never one's own


def test_a_guardian_who_is_kept_out_looks_like_any_other(cast, sign_in):
    client = sign_in(cast.helpdesk.user)
    Guardianship.objects.filter(guardian=cast.midori).update(standing="kept_out")

    def seen(guardian):
        page = client.get(person_page(guardian))
        text = page.text.replace(str(guardian.user.pk), "").replace(guardian.full_name, "")
        return page.status_code, re.sub(r'value="\w{64}"|data-left="\d+"', "", text)

    assert seen(cast.midori) == seen(cast.other_guardian)
    assert "さくら" not in client.get(person_page(cast.midori)).text


def test_how_to_sign_in_is_mailed_again_to_the_confirmed_address_alone(cast, sign_in):
    client, address = sign_in(cast.helpdesk.user), person_page(cast.midori)
    send = reverse("admin:helpdesk_guide_mail", args=[cast.midori.user.pk])
    assert send not in client.get(address).text
    with pytest.raises(support_people.CannotSupport):
        support_people.mail_sign_in_guide(cast.midori.user.pk, by=cast.helpdesk.user)
    EmailAddress.objects.create(user=cast.midori.user, email="midori@example.com", verified=True,
                                primary=True)  # fmt: skip
    type(cast.midori.user).objects.filter(pk=cast.midori.user.pk).update(email="typo@example.com")
    assert send in client.get(address).text
    for _ in range(4):
        assert client.post(send).status_code == 302
    send_due()
    assert [message.to for message in mail.outbox] == [["midori@example.com"]] * 3
    assert reverse("account_reset_password") in mail.outbox[0].body
    assert AuditEvent.objects.filter(action=Action.SUPPORT_MAILED).count() == 3
    assert client.get(send).status_code == 405
