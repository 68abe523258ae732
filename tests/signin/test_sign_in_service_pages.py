"""Staff pages of the services through which people sign in: asked first, in the right city."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.people.models import Role
from apps.push.models import PushSubscription
from apps.signin.models import (
    LtiPlatform,
    MynaService,
    SchoolAccountKind,
    SchoolAccountService,
    UserSession,
)
from apps.signin.services import lti_platforms, myna_services, school_account_services
from apps.signin.services.sign_in_services import CannotUseService, mark_tested
from tests import factories
from tests.browser import form_on
from tests.push.browser_keys import device

BACKENDS = ("CardBackend", "SchoolAccountBackend", "LtiBackend")
ADD_PLATFORM = reverse("admin:signin_ltiplatform_add")


@pytest.fixture
def google(cast):
    service = SchoolAccountService.objects.create(
        municipality=cast.city, kind=SchoolAccountKind.GOOGLE, client_id="c", domain="s.example"
    )
    SocialAccount.objects.create(
        user=cast.sakura.user, provider=f"school_account:{service.pk}", uid="1", extra_data={}
    )
    return service


def test_all_links_end_after_a_question_alone(cast, google, sign_in):
    officer, url = (
        sign_in(cast.officer.user),
        reverse("admin:signin_school_account_end_all", args=[google.pk]),
    )
    asked = officer.get(url).content.decode()
    assert (
        "1人のつながりと、それで始めたサインインが終わります" in asked
        and "もとにはもどせません" in asked
    )
    assert SocialAccount.objects.count() == 1
    officer.post(url)
    assert not SocialAccount.objects.exists()
    assert sign_in(cast.principal.user).get(url).status_code in {403, 404}


def test_the_key_for_the_card_is_made_anew_after_a_question_alone(cast, sign_in):
    service = MynaService(municipality=cast.city, environment="sandbox", client_id="RP1")
    myna_services.save_service(service, by=cast.officer.user)
    before = bytes(MynaService.objects.get().sealed_key)
    officer, url = (
        sign_in(cast.officer.user),
        reverse("admin:signin_myna_new_key", args=[service.pk]),
    )
    assert "今の鍵はなくなり" in officer.get(url).content.decode()
    assert bytes(MynaService.objects.get().sealed_key) == before
    officer.post(url)
    assert bytes(MynaService.objects.get().sealed_key) != before


def test_switching_off_ends_the_sign_ins_that_began_with_it_and_no_other(cast, google):
    user, by = cast.sakura.user, cast.officer.user
    device(user)
    by_card, by_account, by_platform = (signed_in_by(user, name) for name in BACKENDS)
    google.client_id = "d"
    school_account_services.save_service(google, by=by)  # it was off
    assert all(map(is_in, (by_card, by_account, by_platform)))
    SchoolAccountService.objects.update(is_on=True)
    google.is_on = False
    school_account_services.save_service(google, by=by)
    assert [is_in(each) for each in (by_card, by_account, by_platform)] == [True, False, True]
    made = LtiPlatform.objects.create(
        municipality=cast.city, name="まなび", issuer="https://l.example", client_id="c", is_on=True,
        deployment_ids=["1"],
    )  # fmt: skip
    made.is_on = False
    lti_platforms.save_platform(made, by=by)
    assert [is_in(each) for each in (by_card, by_platform)] == [True, False]
    assert PushSubscription.objects.filter(user=user).exists()
    assert {row.method for row in UserSession.objects.filter(user=user)} == {"card"}


def test_what_another_client_and_a_new_key_switch_off_is_said_and_recorded(cast, sign_in):
    service = MynaService(municipality=cast.city, environment="sandbox", client_id="RP1")
    myna_services.save_service(service, by=cast.officer.user)
    officer = sign_in(cast.officer.user)
    page = reverse("admin:signin_mynaservice_change", args=[service.pk])
    in_use = {"is_on": True, "asks_before_consent": True, "tested_at": clock.now()}
    switched = {"is_on", "asks_before_consent", "tested_at"}

    def recorded():
        events = AuditEvent.objects.filter(action=Action.RECORD_CHANGED, thing_id=str(service.pk))
        return set(events.latest("pk").fields)

    MynaService.objects.update(**in_use)
    by_card, by_password = guardian_session(cast, "myna+totp"), guardian_session(cast, "password")
    link = {"provider": f"myna:{service.pk}", "uid": "1", "extra_data": {}}
    SocialAccount.objects.create(user=cast.midori.user, **link)
    new_key = reverse("admin:signin_myna_new_key", args=[service.pk])
    asked = officer.get(new_key).text
    assert "画面から出ます" in asked and "カードを求めなくなります" in asked
    assert "カードで本人を確かめる」も切れています" in officer.post(new_key, follow=True).text
    assert recorded() == {"sealed_key"} | switched
    assert (is_in(by_card), is_in(by_password)) == (False, True)
    MynaService.objects.update(**in_use)
    form = form_on(officer.get(page), having="client_id") | {"client_id": "RP2"}
    said = officer.post(page, form, follow=True).text
    assert "まだ使えません" in said and "カードで本人を確かめる」も切れています" in said
    assert recorded() == {"client_id"} | switched
    assert not SocialAccount.objects.exists()
    service.refresh_from_db()
    stale = MynaService.objects.get()
    MynaService.objects.update(client_id="RP3")
    with pytest.raises(CannotUseService):  # what was tested is no longer what is stored
        mark_tested(stale, by=cast.officer.user)
    assert not (service.is_on or service.asks_before_consent or service.tested_at)


def signed_in_by(user, backend):
    browser = Client()
    browser.force_login(user, backend=f"apps.signin.backends.{backend}")
    return browser


def guardian_session(cast, method):
    browser = signed_in_by(cast.midori.user, "AccountBackend")
    key = browser.session.session_key
    assert UserSession.objects.filter(session_key=key).update(method=method) == 1
    return browser


def is_in(browser):
    return "_auth_user_id" in browser.session


def test_a_new_service_belongs_to_the_city_of_the_post(cast, sign_in, settings):
    settings.SIGN_IN_HOSTS = ["*.example"]
    for officer in (cast.officer, factories.staff_post(Role.CITY, of=cast.away, name="市の人")):
        client = sign_in(officer.user)
        page = form_on(client.get(ADD_PLATFORM), having="keyset_url")
        host = f"https://lms{officer.municipality.code}.example"
        facts = {"name": "LMS", "issuer": host, "client_id": "c", "deployment_ids": "1",
                 "auth_url": f"{host}/auth", "keyset_url": f"{host}/keys"}  # fmt: skip
        client.post(ADD_PLATFORM, page | facts)
        assert LtiPlatform.objects.get(issuer=host).municipality == officer.municipality
