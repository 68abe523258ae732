"""Students start from a 学習eポータル: LTI 1.3 against a platform with real keys on loopback."""

import uuid
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.helpdesk.services import service_status
from apps.people.models import Student
from apps.signin import code_cookies
from apps.signin.lti_claims import path_of_target
from apps.signin.models import LtiPlatform
from apps.signin.oidc import metadata, service_health
from apps.signin.services import cards, lti_platforms
from tests import factories
from tests.signin.lti_peer import ASKED, ISSUER, LtiPeer, begun, platform_in_use

pytestmark = pytest.mark.django_db
BEGIN, LAUNCH, PROVE = (reverse(f"signin:{name}") for name in ("lti_begin", "lti_launch", "prove"))
PIN = "7305"


@pytest.fixture(scope="module")
def peer():
    with LtiPeer() as running:
        yield running


@pytest.fixture
def platform(cast, settings, peer):
    made = platform_in_use(cast, settings, peer)
    Student.objects.filter(pk=cast.sakura.pk).update(master_id=uuid.uuid4())
    cast.sakura.refresh_from_db()
    return made


def launched(client, peer, student, asked=None, **changed):
    """The answer to a launch: the form of the platform, then the one of the page between."""
    asked = asked or begun(client)
    token = peer.token(asked["nonce"], student.master_id, **changed)
    return client.post(LAUNCH, {"id_token": token, "state": asked["state"], "again": "1"})


def request_of(client):
    """A request as the browser of this client would send it."""
    request = RequestFactory().get("/")
    request.COOKIES = {name: each.value for name, each in client.cookies.items()}
    return request


def is_in(client):
    return "_auth_user_id" in client.session


def test_a_launch_signs_in_the_student_and_asks_for_the_pin_before_the_page(
    cast, client, platform, peer
):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(code, PIN)
    asked = begun(client)
    assert (asked["response_mode"], asked["prompt"], asked["scope"]) == (
        "form_post",
        "none",
        "openid",
    )
    assert (asked["login_hint"], asked["lti_message_hint"]) == ("h-1", "m-1")
    start = "http://localhost:8000" + reverse("checkins:today")
    token = peer.token(
        asked["nonce"], str(cast.sakura.master_id).upper(), lti_target_link_uri=start
    )
    # from the platform's site a browser sends no cookie: the page between posts it again
    between = Client().post(LAUNCH, {"id_token": token, "state": asked["state"]})
    assert between.status_code == 200
    assert "data-send-once" in between.content.decode()
    assert "csrftoken" not in between.cookies
    ((_, stale),) = cards.issue_cards([cast.ren], by=cast.homeroom.user)
    client.post(reverse("signin:card_entry"), {"code": stale})  # somebody else, and went away
    answer = client.post(LAUNCH, {"id_token": token, "state": asked["state"], "again": "1"})
    assert answer.url == reverse("checkins:today")
    assert code_cookies.code_of_request(request_of(client), code_cookies.CARD) == ""
    assert client.get(answer.url).url == PROVE
    assert client.post(PROVE, {"pin": PIN}).url == reverse("checkins:today")
    event = AuditEvent.objects.filter(action=Action.SIGNED_IN, detail="lti").get()
    assert (event.subject_id, event.actor_role) == (cast.sakura.pk, "student")
    # the custom claim counts where sub is the platform's own number
    other = Client()
    asked = begun(other)
    token = peer.token(
        asked["nonce"], "4711", lti_custom={"userMasterIdentifier": str(cast.sakura.master_id)}
    )
    assert other.post(LAUNCH, {"id_token": token, "state": asked["state"], "again": "1"}).url == "/"


def test_in_a_frame_nothing_begins_and_the_page_leads_out_of_it(client, platform, peer):
    page = client.get(BEGIN, ASKED, headers={"Sec-Fetch-Dest": "iframe"})
    assert page.status_code == 200
    assert 'target="_blank"' in page.content.decode()
    assert "lti" not in client.cookies
    assert "X-Frame-Options" not in page
    policy = page["Content-Security-Policy"]
    (framed_by,) = [each for each in policy.split("; ") if each.startswith("frame-ancestors")]
    assert {peer.origin, f"{ISSUER}:443"} <= set(framed_by.split())
    assert "frame-ancestors 'none'" in client.get(BEGIN, {"iss": "x"})["Content-Security-Policy"]


def test_a_launch_that_is_not_this_browsers_or_is_used_again_opens_nothing(
    cast, client, platform, peer
):
    asked = begun(client)
    token = peer.token(asked["nonce"], cast.sakura.master_id)
    sent = {"id_token": token, "state": asked["state"], "again": "1"}
    stranger = Client()
    assert stranger.post(LAUNCH, sent).status_code == 403
    begun(stranger)
    assert stranger.post(LAUNCH, sent).status_code == 403  # another's state
    assert not is_in(stranger)
    wrong = {**sent, "id_token": peer.token("another", cast.sakura.master_id)}
    mine = Client()
    wrong["state"] = begun(mine)["state"]
    assert mine.post(LAUNCH, wrong).status_code == 403  # another nonce
    kept = client.cookies["lti"].value
    assert client.post(LAUNCH, sent).status_code == 302
    client.post(reverse("signin:leave"))
    client.cookies["lti"] = kept
    assert client.post(LAUNCH, sent).status_code == 403
    assert not is_in(client)


def test_what_the_platform_says_must_fit_in_everything(cast, client, platform, peer, settings):
    cast.ren.master_id = uuid.uuid4()
    cast.ren.left_at = timezone.now()
    cast.ren.save()
    instructor = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
    learner = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = [
        {"key": key}, {"iss": "https://other.example"}, {"aud": "other"}, {"exp": 1_700_000_000},
        {"lti_deployment_id": "d-2"}, {"lti_message_type": "LtiDeepLinkingRequest"},
        {"lti_version": "1.1"}, {"lti_resource_link": {}}, {"lti_roles": []}, {"lti_roles": None},
        {"lti_roles": [instructor]}, {"lti_roles": [learner, instructor]}, {"sub": "4711"},
        {"sub": str(uuid.uuid4())}, {"sub": str(cast.ren.master_id)},
        {"lti_custom": {"userMasterIdentifier": str(uuid.uuid4())}},
    ]  # fmt: skip
    for change in wrong:
        assert launched(client, peer, cast.sakura, **change).status_code == 403, change
        assert not is_in(client), change
    Student.objects.filter(pk=cast.sakura.pk).update(is_enabled=False)
    assert launched(client, peer, cast.sakura).status_code == 403
    Student.objects.filter(pk=cast.sakura.pk).update(is_enabled=True)
    for unknown in ({"iss": "https://x.example"}, {"client_id": "x"}, {"login_hint": ""}):
        assert client.get(BEGIN, {**ASKED, **unknown}).status_code == 403
    # a new key is found by asking again
    n_asked = peer.n_asked
    peer.rotate("k2")
    cache.delete(f"{metadata._place('oidc.keys', peer.url)}.asked")
    assert launched(client, peer, cast.sakura).status_code == 302
    assert peer.n_asked == n_asked + 1
    # keys that cannot be read are said where people sign in
    place = metadata._place("oidc.keys", peer.url)
    cache.delete_many([place, f"{place}.asked", service_status.CACHE_KEY])
    keyset_url, at_nobody = peer.url, "http://127.0.0.1:1"
    LtiPlatform.objects.update(keyset_url=f"{at_nobody}/keys")
    settings.PRIVATE_SERVERS = [peer.origin, at_nobody]
    refused = launched(Client(), peer, cast.sakura)
    assert (refused.status_code, 'id="service-status"' in refused.text) == (403, True)
    cities = [cast.city.pk, cast.away.pk]
    assert service_health.cities_with_failed_sign_in(cities) == {cast.city.pk}
    LtiPlatform.objects.update(keyset_url=keyset_url)
    # switched off, it ends what it began
    assert client.get(PROVE).status_code == 200
    platform.is_on = False
    lti_platforms.save_platform(platform, by=cast.officer.user)
    assert client.get(BEGIN, ASKED).status_code == 403
    assert client.get(PROVE).status_code == 302


def test_a_launch_starts_with_pages_of_the_list_alone():
    origin, paths = "https://portal.example", {"/", "/checkin/"}
    good = ("https://portal.example/checkin/", "https://portal.example/checkin/?x=1#y")
    assert {path_of_target(each, origin, paths) for each in good} == {"/checkin/"}
    for other in (
        "https://evil.example/checkin/", "https://portal.example@evil.example/checkin/",
        "//evil.example/checkin/", "https://portal.example/pages/1/", "javascript:alert(1)", None,
        "https://portal.example:444/checkin/", "http://portal.example/checkin/", "https://[", "/" * 600,
    ):  # fmt: skip
        assert path_of_target(other, origin, paths) == "/"
    assert urlsplit(reverse("checkins:today")).path in lti_platforms.start_paths()


def test_only_the_city_sets_up_a_platform(cast, sign_in, platform, peer):
    test = reverse("admin:signin_lti_test", args=[platform.pk])
    LtiPlatform.objects.update(tested_at=None)
    for person in (cast.principal, cast.homeroom, cast.away_nurse):
        assert sign_in(person.user).post(test).status_code in (403, 404)
    officer = sign_in(cast.officer.user)
    officer.post(test)
    platform.refresh_from_db()
    assert platform.tested_at is not None
    page = officer.get(reverse("admin:signin_ltiplatform_change", args=[platform.pk]))
    assert LAUNCH in page.content.decode()
