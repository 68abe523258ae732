"""A help request is a sign for its readers alone; a protected one is none, in no count."""

import uuid

import pytest
from django.urls import reverse

from apps.cases.models import Sign, SupportCase
from apps.cases.services import signs
from apps.cases.services.help_request_signs import request_signs_for
from apps.helpline.models import HelpReader, HelpRequest
from apps.helpline.services import help_requests
from tests import factories

STAFF = ("homeroom", "nurse", "counsellor", "principal", "office", "officer", "away_nurse")


@pytest.fixture
def asked(watched):
    """sakura wants to talk to the nurse; she has refused everything."""
    factories.duty_roster(watched)
    for purpose in ("attendance", "checkin_review"):
        watched.take_back(watched.sakura, purpose)
    watched.request = help_requests.send_help_request(
        student=watched.sakura, form_key=uuid.uuid4(), wanted="nurse", topic="", words="はなしたい"
    )
    return watched


def readers_with_a_sign(cast):
    return {who for who in STAFF if request_signs_for(getattr(cast, who).user)}


def test_only_its_readers_have_the_sign_and_no_purpose_is_needed(asked):
    readers = set(HelpReader.objects.current().values_list("person", flat=True))
    mine = {who for who in STAFF if getattr(asked, who).user.pk in readers}
    assert "nurse" in mine
    assert readers_with_a_sign(asked) == mine
    assert signs.update_signs() == 0
    assert not Sign.objects.exists()
    assert not SupportCase.objects.exists()


def test_the_queue_shows_it_to_its_reader_and_is_the_same_for_others(asked, sign_in):
    url = reverse("admin:cases_supportcase_changelist")
    page = sign_in(asked.nurse.user).get(url).content.decode()
    assert "話したい(あなたが読めるもの)" in page
    assert "さくら" not in page
    assert (
        "話したい" not in sign_in(asked.homeroom.user).get(url).content.decode().split("<main")[-1]
    )


def test_a_protected_request_is_a_sign_for_nobody(asked):
    HelpRequest.objects.update(is_protected=True)
    assert readers_with_a_sign(asked) == set()
