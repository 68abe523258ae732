"""Ways in that pass through another site, in a browser: what its cookies and policies allow."""

from urllib.parse import parse_qs, urlencode

import jwt
import pytest
import requests
from django.urls import reverse
from playwright.sync_api import expect

from apps.signin.lti_links import LINKING_CLAIM, REQUEST
from apps.signin.models import LtiPlatform, SchoolAccountService
from tests.journeys.shared_tablet import PIN
from tests.signin.lti_peer import CLIENT, DEPLOYMENT, ISSUER, LtiPeer, platform_in_use
from tests.signin.oidc_peer import OidcPeer

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_a_learning_portal_opens_the_notices_and_only_in_a_window_of_its_own(
    walker, two_students, settings, live_server
):
    student, _ = two_students["さくら"]
    settings.PORTAL_URL = live_server.url
    tablet = walker("tablet")
    with LtiPeer() as peer:  # 127.0.0.1: to a browser another site than localhost
        settings.PRIVATE_SERVERS, peer.student = [peer.origin], student.master_id
        LtiPlatform.objects.create(
            municipality=student.municipality, name="まなび", issuer=ISSUER, client_id=CLIENT,
            auth_url=f"{peer.origin}/auth", keyset_url=peer.url, deployment_ids=[DEPLOYMENT],
            is_on=True,
        )  # fmt: skip
        asked = urlencode({"iss": ISSUER, "client_id": CLIENT, "login_hint": "h"})
        peer.framed = f"{live_server.url}{reverse('signin:lti_begin')}?{asked}"
        tablet.go(f"{peer.origin}/course")
        frame = tablet.page.frame_locator("iframe")
        with tablet.context.expect_page() as opened:
            frame.locator("main form button").click()
        tablet.page = opened.value
        tablet.page.wait_for_url(f"**{reverse('signin:prove')}")
        tablet.complaints.clear()
        tablet.check("lti_pin")
        tablet.page.fill("#id_pin", PIN)
        tablet.page.locator("main form button").last.click()
        expect(tablet.page.locator(".me")).to_have_text("さくら さん")


def test_a_teacher_lists_the_check_in_at_the_learning_portal(walker, cast, settings, live_server):
    settings.PORTAL_URL = live_server.url
    desk, posted = walker("desk"), []
    back = f"{ISSUER}/links?course=7"
    with LtiPeer() as peer:
        platform_in_use(cast, settings, peer)
        peer.student, peer.says = "teacher-7", {
            "lti_message_type": REQUEST, "lti_roles": ["Instructor"],
            f"{LINKING_CLAIM}deep_linking_settings": {
                "deep_link_return_url": back, "accept_types": ["ltiResourceLink"],
            },
        }  # fmt: skip

        def take(route):
            posted.append(route.request.post_data)
            route.fulfill(content_type="text/html", body="<title>course</title><h1>ok</h1>")

        desk.context.route(back, take)
        asked = urlencode({"iss": ISSUER, "client_id": CLIENT, "login_hint": "h"})
        desk.go(f"{live_server.url}{reverse('signin:lti_begin')}?{asked}")
        desk.page.wait_for_selector('input[name="pages"]')
        desk.check("lti_links")
        desk.page.locator("main form button").first.click()
        desk.page.wait_for_url(back)
    token = parse_qs(posted[0])["JWT"][0]
    served = jwt.PyJWKSet.from_dict(requests.get(f"{live_server.url}/lti/keys/", timeout=9).json())
    key = served[jwt.get_unverified_header(token)["kid"]].key
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=ISSUER, issuer=CLIENT)
    (link,) = claims[f"{LINKING_CLAIM}content_items"]
    assert link["url"] == live_server.url + reverse("checkins:today")


def test_the_button_of_a_school_account_leads_to_the_service(walker, two_students, settings):
    student, _ = two_students["さくら"]
    with OidcPeer() as peer:
        settings.PRIVATE_SERVERS = [peer.url]
        settings.SCHOOL_ACCOUNT_ISSUERS = {"google": peer.url, "microsoft": peer.url}
        SchoolAccountService.objects.create(
            municipality=student.municipality, kind="google", client_id="c-1", domain="a.example",
            is_on=True,
        )  # fmt: skip
        tablet = walker("tablet")
        tablet.go(reverse("signin:card_entry"))
        tablet.check("card_entry")
        tablet.page.locator(f'a[href="{reverse("signin:school_accounts")}"]').click()
        tablet.check("school_accounts")
        tablet.page.locator("main form button").click()
        tablet.page.wait_for_url(f"{peer.url}/**")
