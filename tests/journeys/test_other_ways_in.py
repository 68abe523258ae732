"""Ways in that pass through another site, in a browser: what its cookies and policies allow."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.signin.models import LtiPlatform, SchoolAccountService
from tests.journeys.shared_tablet import PIN
from tests.signin.lti_peer import CLIENT, DEPLOYMENT, ISSUER, LtiPeer
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
