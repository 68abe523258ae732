"""A help request that waited on a tablet arrives once, for the right student, or not at all."""

import base64
import hashlib
import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.signing import TimestampSigner
from django.urls import reverse

from apps.checkins import hpke
from apps.checkins.models import DeliveryKey
from apps.checkins.services import delivery_keys
from apps.core.clock import today
from apps.helpline import tickets
from apps.helpline.models import HelpRequest
from apps.helpline.services import duty_rosters, help_requests, replies
from apps.people.models import PendingAct, Role, StaffPost, Student
from apps.people.services import pending_acts
from apps.signin.services import cards, pin_resets
from apps.vault.models import DamageReport
from apps.vault.services.sealed_content import OpeningReason
from tests import factories

DELIVER, ASK = reverse("portal:deliver"), reverse("helpline:ask")
REQUEST = {"wanted": "nurse", "topic": "friends", "words": "はなしたい"}


@pytest.fixture
def on_duty(cast):
    cast.duty = factories.duty_roster(cast)
    return cast


@pytest.fixture
def page(on_duty, sign_in):
    """What the form of sakura's page carries."""
    return form_of(sign_in(on_duty.sakura.user))


def form_of(client):
    delivery_keys.forget_cached_keys()
    html = client.get(ASK).content.decode()
    names = ("data-ticket", "data-sealed-to", "data-point")
    found = {name: re.search(rf'{name}="([^"]+)"', html).group(1) for name in names}
    found["key"] = re.search(r'name="form_key" value="([^"]+)"', html).group(1)
    return found


def sealed(page, answers, **changed):
    content = {"ticket": page["data-ticket"], "answers": answers, "elapsed": 3, **changed}
    context = hpke.sealing_context(page["data-sealed-to"], page["key"])
    body = hpke.seal_body(
        base64.b64decode(page["data-point"]), json.dumps(content).encode(), context
    )
    return {
        "key": page["key"],
        "sealed_to": page["data-sealed-to"],
        "body": base64.b64encode(body).decode(),
    }


def deliver(client, *items):
    answer = client.post(DELIVER, json.dumps({"items": items}), content_type="application/json")
    assert answer.status_code == 200, answer.content
    found = answer.json()["items"]
    assert [each["sha256"] for each in found] == [
        hashlib.sha256(base64.b64decode(item["body"])).hexdigest() for item in items
    ]
    return [each["state"] for each in found]


def test_it_arrives_for_its_student_whoever_brings_it(on_duty, page, client, sign_in):
    assert deliver(sign_in(on_duty.ren.user), sealed(page, REQUEST)) == ["kept"]
    help_request = HelpRequest.objects.get()
    assert help_request.student == on_duty.sakura
    content, _ = replies.open_request(
        help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED
    )
    assert content == REQUEST
    assert help_request.steps.count() == 1


def reset_pin(cast):
    """Staff reset さくら's PIN, and a new one was chosen; nobody has confirmed it."""
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(code, "7305")
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="わすれて 本人が 来たため")
    cards.set_first_pin(code, "8642")
    return Student.objects.get(pk=cast.sakura.pk)


def test_what_was_written_before_a_reset_and_comes_later_is_closed_to_the_new_pin(
    on_duty, page, client, sign_in
):
    student = reset_pin(on_duty)
    assert deliver(client, sealed(page, REQUEST)) == ["kept"]  # the school hears of it at once
    help_request = HelpRequest.objects.get()
    assert help_request.steps.count() == 1
    assert help_requests.latest_request(student) is None
    reader = sign_in(on_duty.sakura.user)
    assert reader.get(reverse("helpline:one", args=[help_request.pk])).status_code == 404
    assert "はなしたい" not in reader.get(reverse("helpline:status")).content.decode()
    assert (
        "はなしたい"
        not in reader.get(reverse("disclosure:personal_data", args=[student.pk])).content.decode()
    )
    act = PendingAct.objects.get(kind="pin.reset")
    pending_acts.confirm(act, by=on_duty.counsellor.user)
    pin_resets.apply_resets()
    assert help_requests.latest_request(Student.objects.get(pk=student.pk)) == help_request


def test_what_waited_on_a_page_opened_with_the_new_pin_is_open_to_it(on_duty, sign_in, client):
    student = reset_pin(on_duty)
    html = sign_in(on_duty.sakura.user).get(ASK).content.decode()
    names = ("data-ticket", "data-sealed-to", "data-point")
    new = {name: re.search(rf'{name}="([^"]+)"', html).group(1) for name in names}
    new["key"] = re.search(r'name="form_key" value="([^"]+)"', html).group(1)
    assert deliver(client, sealed(new, REQUEST)) == ["kept"]
    assert help_requests.latest_request(student) == HelpRequest.objects.get()


def test_a_ticket_of_before_it_said_when_counts_as_very_old(on_duty):
    key = uuid.uuid4()
    old = TimestampSigner(salt=tickets.SALT).sign(f"{on_duty.sakura.pk.hex}{key.hex}")
    assert tickets.read_ticket(old) == (on_duty.sakura.pk, key, datetime(1970, 1, 1, tzinfo=UTC))


def test_the_same_again_and_the_same_form_posted_are_one_request(on_duty, page, client, sign_in):
    item = sealed(page, REQUEST)
    assert deliver(client, item, item) == ["kept", "kept"]
    sign_in(on_duty.sakura.user).post(ASK, {**REQUEST, "form_key": page["key"]})
    assert HelpRequest.objects.count() == 1


def test_a_school_that_stopped_meanwhile_still_takes_it(on_duty, page, client):
    duty_rosters.switch_off(on_duty.duty, by=on_duty.principal.user)
    assert deliver(client, sealed(page, REQUEST)) == ["kept"]


def test_somebody_no_longer_listed_becomes_anybody(on_duty, page, client):
    assert deliver(client, sealed(page, {**REQUEST, "wanted": f"person:{uuid.uuid4()}"})) == [
        "kept"
    ]
    (help_request,) = HelpRequest.objects.all()
    content, _ = replies.open_request(
        help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED
    )
    assert content["wanted"] == "anyone"


def test_too_many_unseen_wait_on_the_tablet(on_duty, page, client):
    for _ in range(5):
        help_requests.send_help_request(
            student=on_duty.sakura, wanted="nurse", form_key=uuid.uuid4()
        )
    assert deliver(client, sealed(page, REQUEST)) == ["later"]


@pytest.mark.parametrize("more", [{"words": "あ" * 201}, {"topic": "x"}])
def test_what_no_page_would_send_is_refused(on_duty, page, client, more):
    assert deliver(client, sealed(page, {**REQUEST, **more})) == ["refused"]


@pytest.mark.parametrize("answers", [None, 7, {}])
def test_where_nothing_can_be_read_somebody_still_wants_to_talk(on_duty, page, client, answers):
    assert deliver(client, sealed(page, answers)) == ["kept"]
    assert HelpRequest.objects.get().student == on_duty.sakura


@pytest.mark.parametrize(
    "bad",
    [3, {"key": "nope"}, {"key": ["x"], "sealed_to": 1, "body": ""}],
)
def test_a_malformed_entry_leaves_the_request_beside_it_alone(on_duty, page, client, bad):
    items = {"items": [bad, sealed(page, REQUEST)]}
    answer = client.post(DELIVER, json.dumps(items), content_type="application/json")
    assert [each["state"] for each in answer.json()["items"]] == ["refused", "kept"]


@pytest.mark.parametrize("plain", [b"[" * 3900 + b"]" * 3900, b'{"ticket": "\\ud800"}', b"7"])
def test_whatever_is_sealed_is_a_request_or_refused(on_duty, page, client, plain):
    context = hpke.sealing_context(page["data-sealed-to"], page["key"])
    body = base64.b64encode(hpke.seal_body(base64.b64decode(page["data-point"]), plain, context))
    item = {"key": page["key"], "sealed_to": page["data-sealed-to"], "body": body.decode()}
    assert deliver(client, item) == ["refused"]


def test_a_request_whose_key_is_damaged_waits_and_the_next_is_kept(on_duty, page, client, sign_in):
    to_damaged = sealed(page, REQUEST)
    yesterday = today() - timedelta(days=1)
    DeliveryKey.objects.filter(pk=page["data-sealed-to"]).update(
        made_on=yesterday, wrapped=b"x" * 60
    )
    other = sealed(form_of(sign_in(on_duty.sakura.user)), REQUEST)
    assert deliver(client, to_damaged, other) == ["later", "kept"]
    assert DamageReport.objects.filter(table="checkins_deliverykey").exists()


def test_a_ticket_that_is_not_ours_or_for_another_form_is_refused(on_duty, page, client):
    other = {**page, "key": str(uuid.uuid4())}
    assert deliver(client, sealed(other, REQUEST)) == ["refused"]
    assert deliver(client, sealed(page, REQUEST, ticket="x")) == ["refused"]
    broken = {**sealed(page, REQUEST), "body": base64.b64encode(b"x" * 90).decode()}
    assert deliver(client, broken) == ["refused"]
    assert not HelpRequest.objects.exists()


def test_after_two_weeks_it_is_refused(on_duty, page, client):
    item = sealed(page, REQUEST)
    with time_machine.travel(timedelta(days=15)):
        assert deliver(client, item) == ["refused"]


def test_who_left_the_school_brings_nothing(on_duty, page, client):
    on_duty.sakura.left_at = on_duty.duty.approval.recorded_at
    on_duty.sakura.save()
    assert deliver(client, sealed(page, REQUEST)) == ["refused"]


def test_the_url_takes_deliveries_alone_and_knows_no_session(on_duty, client, sign_in):
    assert client.get(DELIVER).status_code == 405
    assert client.post(DELIVER, "x", content_type="application/json").status_code == 400
    answer = sign_in(on_duty.sakura.user).post(DELIVER, "{}", content_type="application/json")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("has_officer", [True, False])
def test_the_first_page_keeps_a_request_wherever_somebody_reads_it(cast, sign_in, has_officer):
    if not has_officer:
        StaffPost.objects.filter(pk=cast.officer.pk).update(role=Role.HELPDESK)
    html = sign_in(cast.sakura.user).get(reverse("portal:home")).text  # a school without hours
    assert ('id="help-request"' in html) == has_officer
