"""Guardians and their My Number card, with oidc-provider (npm) as デジタル認証アプリ."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.signin.models import MynaService, UserSession
from apps.signin.myna_provider import MynaProvider
from apps.signin.services import myna_links, myna_services
from apps.vault.services.ring_sealing import seal_column
from tests.browser import Browser
from tests.signin.account_helpers import (
    code_now,
    is_in,
    prove_password,
    signed_in,
    with_factor,
    with_password,
)

pytestmark = pytest.mark.django_db
OWN, END, LOGIN = reverse("signin:myna"), reverse("signin:unlink_myna"), reverse("account_login")
REFUSED = "signin/myna_refused.html"


@pytest.fixture
def service(cast, settings, myna_peer):
    """The city's service, tested and switched on; the peer knows its key."""
    settings.PRIVATE_SERVERS, settings.PORTAL_URL = [myna_peer.url], myna_peer.portal
    settings.MYNA_ISSUERS = dict.fromkeys(("sandbox", "production"), myna_peer.url)
    cache.clear()
    myna_peer.control(sub="person-1", acr="aal3")
    made = MynaService(
        pk=myna_peer.service_pk, municipality=cast.city, environment="sandbox",
        client_id=myna_peer.client_id,
    )  # fmt: skip
    myna_services.save_service(made, by=cast.officer.user)
    seal_column(made, myna_peer.pem)
    made.save()
    assert "つながりました" in myna_services.test_service(made, by=cast.officer.user)
    made.refresh_from_db()
    made.is_on = True
    myna_services.save_service(made, by=cast.officer.user)
    return made


@pytest.fixture
def midori(cast, service):
    """A guardian with a password who has linked the card of person-1."""
    user = with_password(cast.midori.user)
    SocialAccount.objects.create(user=user, provider=f"myna:{service.pk}", uid="person-1")
    return user


def begin(browser, service, name="signin:myna_begin", query=""):
    """Ask for the card; the address of the service."""
    return browser.post(reverse(name, args=[service.pk]) + query).url


def path_of(address, **changed):
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return f"{parts.path}?{urlencode(query)}"


def come_back(browser, address, **changed):
    return browser.get(path_of(address, **changed))


def use_card(browser, service, peer, name="signin:myna_begin"):
    return come_back(browser, peer.read_card(begin(browser, service, name)))


def is_refused(answer):
    return answer.status_code == 403 and REFUSED in {each.name for each in answer.templates}


@pytest.mark.django_db(transaction=True)
def test_a_guardian_links_the_card_signs_in_with_it_and_unlinks_it(
    cast, service, myna_peer, mailoutbox
):
    user = with_password(cast.midori.user)
    other, browser = signed_in(user), signed_in(user)
    assert "12桁のマイナンバーは使いません" in browser.get(OWN).content.decode()
    link = reverse("signin:link_myna", args=[service.pk])
    assert browser.post(link).url == reverse("account_reauthenticate")
    prove_password(browser)
    assert use_card(browser, service, myna_peer, "signin:link_myna").url == OWN
    assert is_in(browser) and not is_in(other)
    found = SocialAccount.objects.get()
    assert (found.user, found.uid, found.extra_data) == (user, "person-1", {})
    assert not SocialToken.objects.exists()
    assert "マイナンバーカード" in mailoutbox[-1].subject
    by_card = Browser()
    assert use_card(by_card, service, myna_peer).url == "/"
    assert is_in(by_card)
    assert UserSession.objects.filter(user=user, method="myna").exists()
    assert "マイナンバーカード" in by_card.get(reverse("signin:sessions")).content.decode()
    assert browser.post(END).url == OWN
    assert not SocialAccount.objects.exists()
    assert is_refused(use_card(Browser(), service, myna_peer))
    done = [Action.MYNA_LINKED, Action.MYNA_UNLINKED]
    assert AuditEvent.objects.filter(action__in=done, actor=user).count() == 2


def test_what_is_asked_for_is_the_identifier_alone_and_nothing_of_the_request(service, myna_peer):
    tampered = (
        "?login_hint=somebody&scope=openid+name&acr_values=aal1&redirect_uri=https://evil.example"
    )
    address = begin(Browser(), service, query=tampered)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "openid" and asked["acr_values"] == "aal3 crl"
    assert asked["redirect_uri"] == myna_peer.return_address
    assert asked["code_challenge_method"] == "S256" and asked["nonce"] and asked["state"]
    assert "login_hint" not in asked and "evil" not in address
    page = Browser().get(OWN)
    assert myna_peer.url in page["Content-Security-Policy"]


def test_what_was_tampered_with_or_used_before_signs_nobody_in(midori, service, myna_peer):
    browser = Browser()
    address = begin(browser, service)
    other = parse_qs(urlsplit(address).query)["nonce"][0]
    changed = myna_peer.read_card(address.replace(other, "another-nonce"))
    assert is_refused(come_back(browser, changed))
    back = myna_peer.read_card(begin(browser, service))
    assert is_refused(come_back(Browser(), back))  # the state of another browser
    assert come_back(browser, back).url == "/"
    browser.post(reverse("signin:leave"))
    assert is_refused(come_back(browser, back))  # state and code once more
    begin(browser, service)
    fresh = parse_qs(urlsplit(begin(browser, service)).query)["state"][0]
    assert is_refused(come_back(browser, back, state=fresh))  # an old code under a new state
    there = myna_peer.read_card(begin(browser, service))
    assert is_refused(come_back(browser, there, iss="https://evil.example"))
    myna_peer.control(acr="aal2")
    assert is_refused(use_card(browser, service, myna_peer))  # no card was read
    assert not is_in(browser)


def test_a_service_that_changes_its_keys_is_still_believed_and_an_unknown_one_is_not(
    midori, service, myna_peer
):
    myna_peer.control(rotate="key-2")
    assert use_card(Browser(), service, myna_peer).url == "/"
    myna_peer.control(rotate="key-3")  # within the same minute: the keys are not asked for again
    assert is_refused(use_card(Browser(), service, myna_peer))


def test_a_card_of_nobody_and_one_of_whoever_is_out_get_no_session(
    cast, midori, service, myna_peer
):
    myna_peer.control(sub="person-2")
    answer = use_card(Browser(), service, myna_peer)
    assert is_refused(answer)
    myna_peer.control(sub="person-1")
    for user in (cast.nurse.user, cast.sakura.user):  # of a kind that has no card
        SocialAccount.objects.update(user=user)
        browser = Browser()
        assert use_card(browser, service, myna_peer).url == LOGIN
        assert not is_in(browser)
    SocialAccount.objects.update(user=midori)
    type(cast.midori).objects.filter(user=midori).update(is_enabled=False)
    browser = Browser()
    assert use_card(browser, service, myna_peer).url == LOGIN
    assert not is_in(browser)


def test_a_card_is_one_accounts_and_linking_needs_the_own_session(cast, midori, service, myna_peer):
    hikaru = with_password(cast.other_guardian.user)
    browser = signed_in(hikaru)
    prove_password(browser)
    assert is_refused(use_card(browser, service, myna_peer, "signin:link_myna"))
    assert SocialAccount.objects.get().user == midori
    myna_peer.control(sub="person-2")
    back = myna_peer.read_card(begin(browser, service, "signin:link_myna"))
    browser.post(reverse("signin:leave"))
    assert is_refused(come_back(browser, back))
    assert SocialAccount.objects.count() == 1
    nurse = with_password(cast.nurse.user)
    with_factor(nurse)
    staff = signed_in(nurse)
    for path in (OWN, END, reverse("signin:link_myna", args=[service.pk])):
        assert staff.post(path).status_code in (404, 405)
        assert staff.get(path).status_code in (404, 405)


def test_the_last_way_in_is_not_unlinked(midori, service, myna_peer):
    browser = Browser()
    use_card(browser, service, myna_peer)
    midori.set_unusable_password()
    midori.save()
    with pytest.raises(myna_links.CannotUseMyna):
        myna_links.unlink_myna(midori, None)
    assert SocialAccount.objects.filter(user=midori).exists()


def test_a_second_factor_is_asked_for_after_the_card_too(midori, service, myna_peer):
    with_factor(midori)
    browser, page = Browser(), reverse("mfa_authenticate")
    assert use_card(browser, service, myna_peer).url == page
    assert not is_in(browser)
    assert browser.get(reverse("account_email")).status_code == 302
    browser.post(page, {"code": "000000"})
    assert not is_in(browser)
    browser.post(page, {"code": code_now()})
    assert is_in(browser)
    assert UserSession.objects.get(user=midori).method == "myna+totp"


def test_switched_off_it_ends_what_began_with_it_and_is_offered_nowhere(
    cast, midori, service, myna_peer, client
):
    browser = Browser()
    use_card(browser, service, myna_peer)
    assert (
        "マイナンバーカード"
        in client.get(LOGIN, headers={"Accept-Language": "ja"}).content.decode()
    )
    service.is_on = False
    myna_services.save_service(service, by=cast.officer.user)
    assert not is_in(browser)
    assert client.get(OWN).url == LOGIN
    for name in ("signin:myna_begin", "signin:myna_return"):
        path = reverse(name, args=[service.pk])
        assert client.post(path).status_code in (404, 405) and client.get(path).status_code in (
            404,
            405,
        )
    assert OWN not in client.get(LOGIN).content.decode()


def test_the_test_button_says_what_is_wrong(cast, service, sign_in, settings, myna_peer):
    page = reverse("admin:signin_mynaservice_change", args=[service.pk])
    test = reverse("admin:signin_myna_test", args=[service.pk])
    officer = sign_in(cast.officer.user)
    assert "つながりました" in officer.post(test, follow=True).content.decode()
    shown = officer.get(page).content.decode()
    assert "PRIVATE KEY" not in shown and myna_peer.return_address in shown
    officer.post(reverse("admin:signin_myna_new_key", args=[service.pk]))
    assert "登録されているか" in officer.post(test, follow=True).content.decode()
    settings.MYNA_ISSUERS = dict.fromkeys(("sandbox", "production"), f"{myna_peer.url}/other")
    assert "この相手先はありません" in officer.post(test, follow=True).content.decode()
    settings.PRIVATE_SERVERS = []
    assert "許していません" in officer.post(test, follow=True).content.decode()
    service.refresh_from_db()
    assert not service.is_on and service.tested_at is None
    assert sign_in(cast.principal.user).get(page).status_code in (302, 403, 404)
    assert MynaProvider.id == "myna"
