"""Students sign in with the school's account: through a real provider on loopback."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core import clock
from apps.people.models import User
from apps.roster.models import StudentAccountName
from apps.signin.models import SchoolAccountService, SessionEnding
from apps.signin.oidc import metadata
from apps.signin.services import school_account_services, school_accounts
from tests import factories
from tests.signin.oidc_peer import path_of, query_of
from tests.signin.school_account_helpers import (
    DOMAIN,
    HOME,
    OWN,
    PIN,
    PROVE,
    TENANT,
    go_in,
    google,
    is_in,
    link,
    make_service,
    name_in_roster,
    with_card,
)

pytestmark = pytest.mark.django_db


def test_the_first_link_needs_the_card_and_afterwards_only_the_identifier_counts(
    sakura, service, peer, client, browser_of
):
    name_in_roster(sakura, f"sakura@{DOMAIN}")
    google(peer, "g-1")
    refused = go_in(client, peer, service, "g-1")
    assert (refused.status_code, is_in(client)) == (403, False)  # nobody is linked by a mail
    with_card(client, sakura)
    assert link(client, peer, service, "g-1").url == reverse(OWN)
    linked = SocialAccount.objects.get()
    assert (linked.user_id, linked.uid, linked.extra_data) == (sakura.user_id, "g-1", {})
    assert not SocialToken.objects.exists()
    events = AuditEvent.objects.filter(action=Action.ACCOUNT_LINKED, subject_id=sakura.pk)
    assert [event.actor_id for event in events] == [sakura.user_id]
    # the address is another's by now: the identifier is not
    google(peer, "g-1", name="renamed")
    google(peer, "g-2", name="sakura")
    tablet = browser_of()
    assert go_in(tablet, peer, service, "g-2").status_code == 403
    assert go_in(tablet, peer, service, "g-1").url == HOME
    assert tablet.get(HOME).url == PROVE
    assert tablet.post(PROVE, {"pin": "0000"}).status_code == 422
    assert tablet.post(PROVE, {"pin": PIN}).url == HOME
    assert tablet.get(HOME).status_code == 200
    # ended by the student: out at once, and the account opens nothing
    assert tablet.post(reverse("signin:end_school_account")).url == HOME
    assert tablet.get(reverse(OWN)).status_code == 302
    assert go_in(browser_of(), peer, service, "g-1").status_code == 403
    assert AuditEvent.objects.filter(action=Action.ACCOUNT_UNLINKED).count() == 1


@pytest.fixture
def browser_of():
    return Client


def test_linking_is_counted_like_signing_in(sakura, service, client, monkeypatch):
    with_card(client, sakura)
    monkeypatch.setattr("apps.signin.oidc.pages.allow", lambda name, key: False)
    for name in ("signin:link_school_account", "signin:school_account"):
        browser = client if name.startswith("signin:link") else Client()
        answer = browser.post(reverse(name, args=[service.pk]))
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")


def test_only_the_account_that_the_roster_gives_to_this_student_alone_is_linked(
    cast, sakura, service, peer, client
):
    with_card(client, sakura)
    address = f"sakura@{DOMAIN}"

    def refused(sub="g-9", **claims):
        google(peer, sub, **claims)
        answer = link(client, peer, service, sub)
        return answer.status_code == 403 and not SocialAccount.objects.exists()

    assert refused()  # the roster names nobody so
    name_in_roster(cast.ren, address)
    assert refused()  # another student's
    name_in_roster(sakura, address)
    assert refused()  # of two students
    StudentAccountName.objects.filter(student=cast.ren).delete()
    assert refused(email_verified=False)
    assert refused(email_verified="true")
    assert refused(hd=None)
    assert refused(hd="other.example")
    assert refused(email=f"sakura@other.{DOMAIN}")
    assert refused(email=f"s\u0430kura@{DOMAIN}")  # а is not a
    assert refused(email=f"sakura\u200b@{DOMAIN}")
    staff = factories.user(address)
    assert refused()  # a member of staff uses it here
    User.objects.filter(pk=staff.pk).update(email="other@towa.example")
    EmailAddress.objects.create(user=staff, email=address)
    assert refused()  # also as a further address
    User.objects.filter(pk=staff.pk).delete()
    google(peer, "g-9", email=f"ＳAKURA@{DOMAIN.upper()}")  # width and case are no difference
    assert link(client, peer, service, "g-9").url == reverse(OWN)
    # nobody else links it, also where the roster now says so
    StudentAccountName.objects.all().delete()
    name_in_roster(cast.ren, address)
    with pytest.raises(school_accounts.CannotUseAccount):
        school_accounts.link_account(service, cast.ren, uid="g-9", names=[address])


def test_a_microsoft_account_is_known_by_its_tenant_and_object_id(
    cast, sakura, service, peer, client, browser_of
):
    entra = make_service(cast, kind="microsoft", tenant=TENANT)
    name_in_roster(sakura, "s1001@towa.example")
    claims = {"tid": TENANT, "oid": "o-1", "preferred_username": "S1001@towa.example"}
    with_card(client, sakura)
    for changed in (
        {"tid": "0" * 8 + TENANT[8:]}, {"tid": ""}, {"oid": ""},
        {"preferred_username": "other@towa.example", "email": "s1001@towa.example"},
    ):  # fmt: skip
        peer.put("pairwise-1", **(claims | changed))
        assert link(client, peer, entra, "pairwise-1").status_code == 403
    peer.put("pairwise-1", **claims)
    assert link(client, peer, entra, "pairwise-1").url == reverse(OWN)
    assert SocialAccount.objects.get().uid == "o-1"
    peer.put("pairwise-2", **(claims | {"preferred_username": "x@towa.example"}))
    assert go_in(browser_of(), peer, entra, "pairwise-2").url == HOME  # another client's subject
    peer.put("pairwise-3", tid=TENANT, oid="o-2", preferred_username="s1001@towa.example")
    assert go_in(browser_of(), peer, entra, "pairwise-3").status_code == 403


def test_what_comes_back_works_once_in_one_browser_and_for_one_request(
    sakura, service, peer, client, browser_of, monkeypatch
):
    name_in_roster(sakura, f"sakura@{DOMAIN}")
    google(peer, "g-1")
    link(with_card(client, sakura), peer, service, "g-1")
    begin = reverse("signin:school_account", args=[service.pk])
    tablet = browser_of()
    begun = tablet.post(f"{begin}?login_hint=x&scope=all&auth_params=nonce%3D1&process=connect")
    asked = query_of(begun.url)
    assert asked["scope"] in ("openid email", "email openid")
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) > 20
    assert "login_hint" not in asked
    back = path_of(peer.approve(begun.url, "g-1"))
    other = browser_of()
    assert other.get(back).status_code == 403  # another browser: no state
    assert not is_in(other)
    assert tablet.get(back.replace("state=", "state=x")).status_code == 403
    assert tablet.get(back).url == HOME
    assert is_in(tablet)
    tablet.post(reverse("signin:leave"))
    assert tablet.get(back).status_code == 403  # state and code were used
    assert not is_in(tablet)
    # the code of another sign-in in this browser's request: its token holds another nonce
    mine, theirs = browser_of(), browser_of()
    code = query_of(peer.approve(theirs.post(begin).url, "g-1"))["code"]
    assert go_in(mine, peer, service, "g-1", code=code).status_code == 403
    assert go_in(mine, peer, service, "g-1", iss="https://evil.example").status_code == 403
    assert not is_in(mine)
    # keys were changed: the new one is found by asking again, and no longer within the minute
    stale = {"old": {"kid": "old", "kty": "RSA"}}
    place = metadata._place("oidc.keys", f"{peer.url}/jwks")
    cache.set(place, stale, 600)
    cache.delete(f"{place}.asked")
    assert go_in(mine, peer, service, "g-1").url == HOME
    cache.set(place, stale, 600)
    assert go_in(browser_of(), peer, service, "g-1").status_code == 403


def test_who_leaves_is_out_at_once_and_only_their_link_is_deleted(
    cast, sakura, service, peer, client, browser_of
):
    name_in_roster(sakura, f"sakura@{DOMAIN}")
    google(peer, "g-1")
    link(with_card(client, sakura), peer, service, "g-1")
    SocialAccount.objects.create(
        user=cast.ren.user, provider=f"school_account:{service.pk}", uid="g-2", extra_data={}
    )
    tablet = browser_of()
    assert go_in(tablet, peer, service, "g-1").url == HOME
    assert tablet.get(PROVE).status_code == 200
    type(sakura).objects.filter(pk=sakura.pk).update(left_at=clock.now())
    assert tablet.get(PROVE).status_code == 302  # the session is over with the next request
    assert go_in(browser_of(), peer, service, "g-1").status_code == 403
    assert school_accounts.delete_links_of_leavers() == 1
    assert SocialAccount.objects.get().user == cast.ren.user


def test_who_is_stopped_and_a_service_that_is_off_open_nothing(
    cast, sakura, service, peer, client, browser_of
):
    name_in_roster(sakura, f"sakura@{DOMAIN}")
    google(peer, "g-1")
    link(with_card(client, sakura), peer, service, "g-1")
    tablet = browser_of()
    go_in(tablet, peer, service, "g-1")
    type(sakura).objects.filter(pk=sakura.pk).update(is_enabled=False)
    assert tablet.get(PROVE).status_code == 302  # the session is over with the next request
    assert go_in(browser_of(), peer, service, "g-1").status_code == 403
    type(sakura).objects.filter(pk=sakura.pk).update(is_enabled=True)
    tablet = browser_of()
    assert go_in(tablet, peer, service, "g-1").url == HOME
    service.is_on = False
    school_account_services.save_service(service, by=cast.officer.user)
    assert not is_in_after(tablet)
    assert tablet.post(reverse("signin:school_account", args=[service.pk])).status_code == 404
    assert browser_of().get(reverse("signin:school_accounts")).status_code == 302
    service.is_on = True
    school_account_services.save_service(service, by=cast.officer.user)
    assert school_account_services.end_all_links(service, by=cast.officer.user) == 1
    assert go_in(browser_of(), peer, service, "g-1").status_code == 403


def is_in_after(client):
    return client.get(HOME).status_code == 302 and is_in(client)


def test_the_officer_sets_up_a_service_and_tests_it_before_it_is_used(
    cast, sign_in, settings, peer, service
):
    client = sign_in(cast.officer.user)
    add = reverse("admin:signin_schoolaccountservice_add")
    fields = {"kind": "google", "client_id": "c-1", "secret": "s-1", "is_on": "on"}
    page = client.post(add, {**fields, "domain": "not a domain"})
    assert page.status_code == 422 or page.context["errors"]
    hidden = client.get(add).context["adminform"].form
    data = (
        {**fields, "domain": "kids.example", "form_key": hidden["form_key"].value()}
        if ("form_key" in hidden.fields)
        else {**fields, "domain": "kids.example"}
    )
    client.post(add, data)
    made = SchoolAccountService.objects.get(domain="kids.example")
    assert not made.is_on
    assert b"s-1" not in bytes(made.sealed_secret)
    test = reverse("admin:signin_school_account_test", args=[made.pk])
    settings.PRIVATE_SERVERS = []
    client.post(test)
    made.refresh_from_db()
    assert made.tested_at is None
    settings.PRIVATE_SERVERS = [peer.url]
    client.post(test)
    made.refresh_from_db()
    assert made.tested_at is not None
    for person in (cast.homeroom, cast.away_nurse, cast.principal):
        assert sign_in(person.user).post(test).status_code in (403, 404)


def test_staff_end_the_link_of_one_student_whom_their_post_reaches(
    cast, sakura, service, peer, client, sign_in, browser_of
):
    name_in_roster(sakura, f"sakura@{DOMAIN}")
    google(peer, "g-1")
    link(with_card(client, sakura), peer, service, "g-1")
    page = reverse("admin:signin_sessions_person", args=[sakura.user_id])
    chosen = {"reason": "asked", "ends_links": "on"}
    for person in (cast.office, cast.principal, cast.away_nurse):
        assert sign_in(person.user).post(page, chosen).status_code in (403, 404)
    teacher = sign_in(cast.homeroom.user)
    assert "つながりも終わらせる" in teacher.get(page).content.decode()
    assert teacher.post(page, chosen).status_code == 302
    assert not SocialAccount.objects.exists()
    assert SessionEnding.objects.get(user=sakura.user).announced_at is None  # told at the next one
    event = AuditEvent.objects.get(action=Action.ACCOUNT_UNLINKED)
    assert (event.actor_id, event.actor_role) == (cast.homeroom.user.pk, "homeroom")
    assert go_in(browser_of(), peer, service, "g-1").status_code == 403
