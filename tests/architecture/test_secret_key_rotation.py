"""After SECRET_KEY changed, older signatures stay valid while the old key is a fallback."""

import uuid

import pytest
from django.core.cache import cache

from apps.checkins import tickets
from apps.core import form_keys, limits
from apps.push.models import DeviceState, PushSubscription
from apps.push.services import receipts, subscriptions
from apps.signin import form_owners
from tests.push.browser_keys import device


@pytest.fixture
def changed(settings):
    """Change SECRET_KEY as the runbook says, or (``False``) without a fallback."""

    def change(has_fallback=True):
        former = settings.SECRET_KEY
        settings.SECRET_KEY = "another secret of the portal, long enough"
        settings.SECRET_KEY_FALLBACKS = [former] if has_fallback else []

    return change


def ticket():
    return tickets.issue_ticket(tickets.Ticket(*[uuid.uuid4() for _ in tickets.FIELD_NAMES]))


def test_an_answer_that_waits_on_a_tablet_is_taken_under_the_former_secret(changed):
    text = ticket()
    changed()
    assert tickets.read_ticket(text)


def test_without_the_fallback_the_answer_would_be_refused(changed):
    text = ticket()
    changed(has_fallback=False)
    with pytest.raises(tickets.BadCheckInTicket):
        tickets.read_ticket(text)


@pytest.mark.django_db
def test_a_device_ends_a_binding_that_it_was_told_under_the_former_secret(cast, changed):
    bound = device(cast.midori.user)
    secret = subscriptions.binding_secret(bound)
    changed()
    assert subscriptions.binding_secret(bound) != secret
    assert subscriptions.end_binding(bound.endpoint, bound.auth, secret)
    assert PushSubscription.objects.get().state == DeviceState.SIGNED_OUT


@pytest.mark.django_db
def test_a_device_acknowledges_a_push_message_sent_under_the_former_secret(cast, changed):
    bound = device(cast.midori.user)
    token = receipts.receipt_token(bound.pk, bound.pk)
    changed()
    assert receipts.record_receipt(token)
    assert not receipts.record_receipt("A" * 64)


@pytest.mark.django_db
def test_a_form_drawn_under_the_former_secret_still_has_its_owner(cast, sign_in, changed, rf):
    client = sign_in(cast.midori.user)
    page = client.get("/")
    token = page.context["csrf_token"]
    changed()
    request = rf.post("/", {"csrfmiddlewaretoken": str(token)})
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    assert form_owners.owner_of_posted_form(request).user_pk == str(cast.midori.user.pk)


@pytest.mark.django_db
def test_who_is_signed_in_stays_signed_in(cast, sign_in, changed):
    client = sign_in(cast.midori.user)
    changed()
    assert client.get("/").wsgi_request.user == cast.midori.user


def test_what_was_typed_is_digested_under_a_key(rf, settings):
    request = rf.post("/", {"words": "たすけて"})
    before = form_keys.body_digest(request)
    settings.SECRET_KEY = "another secret of the portal, long enough"
    assert form_keys.body_digest(request) != before


def test_who_tried_is_digested_under_a_key(settings):
    cache.clear()
    limits.allow("signin.account", "midori@example.com")
    settings.SECRET_KEY = "another secret of the portal, long enough"
    limits.allow("signin.account", "midori@example.com")
    client = cache._cache.get_client()
    assert (
        len(
            [
                key
                for key in client.scan_iter(f"{cache.key_prefix}:*")
                if b"limit:signin.account:" in key
            ]
        )
        == 2
    )
