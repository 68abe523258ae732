"""A 学習eポータル asks for links (LTI Deep Linking 2.0): real keys, a platform on loopback."""

import json
import re
from datetime import timedelta
from io import StringIO

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.people.models import User
from apps.signin import json_web_keys, lti_signing
from apps.signin.lti_claims import CLAIM, LEARNER, LaunchRefused
from apps.signin.lti_links import LINKING_CLAIM, read_link_request
from apps.signin.models import LtiKey, LtiKeyState, LtiPlatform
from apps.signin.services import lti_keys, lti_links
from apps.signin.tasks import rotate_lti_keys
from apps.vault.services.ring_sealing import unseal_column
from tests.signin.lti_peer import CLIENT, DEPLOYMENT, ISSUER, LtiPeer, begun, platform_in_use

LAUNCH, CHOOSE, KEYS = (reverse(f"signin:{n}") for n in ("lti_launch", "lti_links", "lti_keys"))
TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
RETURN_URL = f"{ISSUER}/deep-links/return?course=7"
SETTINGS = {
    "deep_link_return_url": RETURN_URL, "accept_types": ["link", "ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe", "window"], "data": "op=3&é=「x」",
}  # fmt: skip
CHECK_IN, NOTICES = "checkins:today", "notices:inbox"


@pytest.fixture(scope="module")
def peer():
    with LtiPeer() as running:
        yield running


@pytest.fixture
def platform(cast, settings, peer, db):
    return platform_in_use(cast, settings, peer)


def asked_for_links(client, peer, roles=(TEACHER,), **changed):
    """The answer to a platform that asks for links in this browser, and what was posted."""
    asked = begun(client)
    claims = {f"{LINKING_CLAIM}deep_linking_settings": {**SETTINGS, **changed}}
    token = peer.token(
        asked["nonce"], "teacher-7", lti_message_type="LtiDeepLinkingRequest",
        lti_roles=list(roles), **claims,
    )  # fmt: skip
    sent = {"id_token": token, "state": asked["state"], "again": "1"}
    return client.post(LAUNCH, sent), sent


def sealed_in(page):
    return re.search(r'name="sealed" value="([^"]+)"', page.content.decode())[1]


def response_of(page):
    """The token that the page posts to the platform."""
    assert page.status_code == 200
    assert f'action="{RETURN_URL}"' in page.content.decode()
    return re.search(r'name="JWT" value="([^"]+)"', page.content.decode())[1]


def chosen(client, peer, pages, **changed):
    """The response after a request and a choice."""
    page, _ = asked_for_links(client, peer, **changed)
    return response_of(client.post(CHOOSE, {"sealed": sealed_in(page), "pages": pages}))


def verified(token):
    """(key id, claims) as a platform proves them, with nothing but the key set that is served."""
    key_id = jwt.get_unverified_header(token)["kid"]
    served = jwt.PyJWKSet.from_dict(Client().get(KEYS).json())
    claims = jwt.decode(
        token, served[key_id].key, algorithms=["RS256"], audience=ISSUER, issuer=CLIENT,
        options={"require": ["exp", "iat", "nonce"]},
    )  # fmt: skip
    return key_id, claims


def test_a_teacher_gets_links_that_the_platform_verifies_and_nobody_is_signed_in(
    client, platform, peer
):
    n_users = User.objects.count()
    page, sent = asked_for_links(client, peer)
    assert page.status_code == 200
    assert 'type="radio"' in page.content.decode()
    form = {"sealed": sealed_in(page), "pages": CHECK_IN}
    assert client.post(CHOOSE, {"sealed": form["sealed"]}).status_code == 422
    assert client.post(CHOOSE, {**form, "pages": "consent:overview"}).status_code == 422
    answer = client.post(CHOOSE, form)
    assert f"{ISSUER}:443" in answer["Content-Security-Policy"].partition("form-action")[2]
    _, claims = verified(response_of(answer))
    assert claims[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
    assert claims[f"{CLAIM}version"] == "1.3.0"
    assert claims[f"{CLAIM}deployment_id"] == DEPLOYMENT
    assert claims[f"{LINKING_CLAIM}data"] == SETTINGS["data"]
    assert claims["exp"] - claims["iat"] == 300
    assert claims[f"{LINKING_CLAIM}content_items"] == [
        {
            "type": "ltiResourceLink", "title": "チェックイン",
            "url": "http://localhost:8000" + reverse(CHECK_IN), "window": {"targetName": "_blank"},
        }
    ]  # fmt: skip
    # neither the request nor the form works twice, nor a form that was changed
    assert client.post(LAUNCH, sent).status_code == 403
    for again in (form, {**form, "sealed": "x" + form["sealed"]}, {}):
        assert client.post(CHOOSE, again).status_code == 403
    # several where the platform takes them, none for who gives up
    several = chosen(client, peer, [CHECK_IN, NOTICES], accept_multiple=True, data=None)
    claims = verified(several)[1]
    assert len(claims[f"{LINKING_CLAIM}content_items"]) == 2
    assert f"{LINKING_CLAIM}data" not in claims
    page, _ = asked_for_links(client, peer)
    given_up = response_of(client.post(CHOOSE, {"sealed": sealed_in(page), "none": "1"}))
    assert verified(given_up)[1][f"{LINKING_CLAIM}content_items"] == []
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == n_users
    assert not AuditEvent.objects.filter(action=Action.SIGNED_IN).exists()
    # a platform that was switched off meanwhile gets nothing
    page, _ = asked_for_links(client, peer)
    LtiPlatform.objects.update(is_on=False)
    form = {"sealed": sealed_in(page), "pages": CHECK_IN}
    assert client.post(CHOOSE, form).status_code == 403


def test_a_learner_and_another_address_get_no_link(client, platform, peer):
    refused = [
        {"roles": [LEARNER]}, {"roles": [LEARNER, TEACHER]}, {"accept_types": ["link"]},
        {"deep_link_return_url": "https://evil.example/return"},
        {"deep_link_return_url": f"{peer.origin}/return"},  # its own, but not https
    ]  # fmt: skip
    for change in refused:
        page, _ = asked_for_links(client, peer, **change)
        assert page.status_code == 403, change
        assert "JWT" not in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_request_must_fit_in_everything():
    good = {
        f"{CLAIM}version": "1.3.0", f"{CLAIM}deployment_id": "d-1", f"{CLAIM}roles": [TEACHER],
        f"{LINKING_CLAIM}deep_linking_settings": SETTINGS,
    }  # fmt: skip
    origins = [f"{ISSUER}:443"]
    asked = read_link_request(good, ["d-1"], origins)
    assert (asked.takes_several, asked.takes_windows, asked.data) == (False, True, SETTINGS["data"])
    wrong = [
        {f"{CLAIM}version": "1.1"}, {f"{CLAIM}deployment_id": "d-2"}, {f"{CLAIM}roles": None},
        {f"{CLAIM}roles": []}, {f"{CLAIM}roles": "Instructor"}, {f"{CLAIM}roles": [TEACHER, "Learner"]},
        {f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"]},
        {f"{LINKING_CLAIM}deep_linking_settings": []},
    ]  # fmt: skip
    urls = (
        None, "", 7, f"http://{ISSUER[8:]}/", "https://evil.example/", "javascript:alert(1)",
        f"{ISSUER}@evil.example/", f"{ISSUER}.evil.example/", f"{ISSUER}:444/", f"{ISSUER}/" + "x" * 2000,
        f"{ISSUER}\\@evil.example/",
    )  # fmt: skip
    settings = [{"deep_link_return_url": url} for url in urls]
    settings += [{"accept_types": None}, {"accept_types": "ltiResourceLink"}, {"accept_types": [7]}]
    wrong += [{f"{LINKING_CLAIM}deep_linking_settings": {**SETTINGS, **each}} for each in settings]
    for change in wrong:
        with pytest.raises(LaunchRefused):
            read_link_request({**good, **change}, ["d-1"], origins)


def test_the_key_set_says_nothing_else_and_no_private_half_lies_open(platform, client, peer):
    chosen(client, peer, CHECK_IN)
    client.cookies["sessionid"] = "of-somebody"
    answer = client.get(KEYS)
    (served,) = answer.json()["keys"]
    assert list(answer.json()) == ["keys"]
    assert set(served) == {"kty", "n", "e", "alg", "use", "kid"}
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies
    assert client.post(KEYS).status_code == 405
    key = LtiKey.objects.get()
    pem = unseal_column(key)
    assert lti_signing.public_jwk(pem) == served
    assert json_web_keys.from_pem(pem, RSAPrivateKey).key_size >= 2048
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM signin_ltikey k")
        ((row,),) = cursor.fetchall()
    assert "PRIVATE" not in row
    assert pem.hex() not in row
    secret = json_web_keys.number_text(
        json_web_keys.from_pem(pem, RSAPrivateKey).private_numbers().d
    )
    events = json.dumps(list(AuditEvent.objects.values()), default=str)
    assert secret not in row + answer.content.decode() + events
    assert AuditEvent.objects.filter(action=Action.RECORD_CHANGED, thing="signin.LtiKey").exists()


def older(state, **times):
    """Let a key have got into its state this much earlier."""
    key = LtiKey.objects.filter(state=state)
    key.update(**{name: clock.now() - ago for name, ago in times.items()})


def test_a_key_is_published_before_it_signs_and_after_it_has_signed(platform, client, peer):
    first = chosen(client, peer, CHECK_IN)
    old_id, _ = verified(first)
    rotate_lti_keys()
    assert LtiKey.objects.count() == 1
    older("signing", first_used_at=timedelta(days=91))
    rotate_lti_keys()
    rotate_lti_keys()  # not before the next has been published for a day
    new_id = LtiKey.objects.get(state="waiting").key_id
    assert {key["kid"] for key in client.get(KEYS).json()["keys"]} == {old_id, new_id}
    assert verified(chosen(client, peer, CHECK_IN))[0] == old_id
    older("waiting", made_at=timedelta(days=1, minutes=1))
    rotate_lti_keys()
    assert verified(chosen(client, peer, NOTICES))[0] == new_id
    assert verified(first)[0] == old_id
    retired = LtiKey.objects.get(state="retired")
    assert (retired.key_id, retired.sealed_key, retired.key_ring_key) == (old_id, None, "")
    older("retired", retired_at=timedelta(days=1, minutes=1))
    rotate_lti_keys()
    assert [key["kid"] for key in client.get(KEYS).json()["keys"]] == [new_id]
    # the database refuses a second one that signs
    pem = lti_signing.new_key()
    public = lti_signing.public_jwk(pem)
    now = clock.now()
    second = LtiKey(
        key_id=public["kid"], public_jwk=public, sealed_key=b"x", state=LtiKeyState.SIGNING,
        made_at=now, first_used_at=now,
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_the_city_publishes_the_next_key_once_and_a_seen_one_is_replaced(
    cast, sign_in, platform, client, peer
):
    token = chosen(client, peer, CHECK_IN)
    next_key = reverse("admin:signin_lti_next_key", args=[platform.pk])
    for person in (cast.principal, cast.homeroom, cast.away_nurse):
        assert sign_in(person.user).post(next_key).status_code in (403, 404)
    officer = sign_in(cast.officer.user)
    assert LtiKey.objects.count() == 1
    assert [officer.post(next_key).status_code for _ in range(2)] == [302, 302]
    waiting = LtiKey.objects.get(state="waiting")
    (event,) = AuditEvent.objects.filter(actor_id=cast.officer.user.pk, thing_id=str(waiting.pk))
    assert event.municipality_id == cast.city.pk
    page = officer.get(reverse("admin:signin_ltiplatform_change", args=[platform.pk]))
    assert "http://localhost:8000" + KEYS in page.content.decode()
    assert waiting.key_id in page.content.decode()
    LtiKey.objects.filter(state="signing").update(sealed_key=b"damaged")
    page, _ = asked_for_links(client, peer)
    form = {"sealed": sealed_in(page), "pages": CHECK_IN}
    assert client.post(CHOOSE, form).status_code == 403
    output = StringIO()
    call_command("replace_lti_keys", stdout=output)
    (key,) = LtiKey.objects.all()
    assert key.key_id in output.getvalue()
    assert verified(chosen(client, peer, CHECK_IN))[0] == key.key_id
    with pytest.raises(KeyError):
        verified(token)


def test_a_first_key_is_made_where_there_is_none(platform):
    LtiKey.objects.all().delete()
    rotate_lti_keys()
    assert LtiKey.objects.get().state == LtiKeyState.WAITING
    assert jwt.get_unverified_header(lti_keys.sign({}))["kid"] == LtiKey.objects.get().key_id
    LtiKey.objects.all().delete()
    lti_keys.sign({})
    assert LtiKey.objects.get().state == LtiKeyState.SIGNING
    LtiPlatform.objects.all().delete()
    LtiKey.objects.all().delete()
    rotate_lti_keys()
    assert not LtiKey.objects.exists()
    assert {name for name, _ in lti_links.link_choices()} >= {CHECK_IN, NOTICES}
