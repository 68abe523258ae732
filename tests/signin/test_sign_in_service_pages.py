"""Staff pages of the services through which people sign in: asked first, in the right city."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from apps.people.models import Role
from apps.push.models import PushSubscription
from apps.signin.models import LtiPlatform, MynaService, SchoolAccountKind, SchoolAccountService
from apps.signin.services import myna_services, school_account_services
from tests import factories
from tests.browser import form_on

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
    assert "1人のつながりとサインインが終わります" in asked and "もとにはもどせません" in asked
    assert SocialAccount.objects.count() == 1
    officer.post(url)
    assert not SocialAccount.objects.exists()
    assert sign_in(cast.principal.user).get(url).status_code in {403, 404}


def test_the_key_for_the_card_is_made_anew_after_a_question_alone(cast, sign_in):
    service = MynaService(municipality=cast.city, environment="sandbox", client_id="RP1")
    myna_services.save_service(service, by=cast.officer.user, fields=[])
    before = bytes(MynaService.objects.get().sealed_key)
    officer, url = (
        sign_in(cast.officer.user),
        reverse("admin:signin_myna_new_key", args=[service.pk]),
    )
    assert "今の鍵はなくなり" in officer.get(url).content.decode()
    assert bytes(MynaService.objects.get().sealed_key) == before
    officer.post(url)
    assert bytes(MynaService.objects.get().sealed_key) != before


def test_who_saves_a_service_that_is_off_ends_nobodys_sign_in(cast, google, sign_in):
    epoch = cast.sakura.user.session_epoch
    google.client_id = "d"
    school_account_services.save_service(google, by=cast.officer.user, fields=["client_id"])
    cast.sakura.user.refresh_from_db()
    assert cast.sakura.user.session_epoch == epoch
    SchoolAccountService.objects.update(is_on=True)
    school_account_services.save_service(google, by=cast.officer.user, fields=["is_on"])
    cast.sakura.user.refresh_from_db()
    assert cast.sakura.user.session_epoch == epoch + 1
    assert not PushSubscription.objects.filter(user=cast.sakura.user).exists()


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
