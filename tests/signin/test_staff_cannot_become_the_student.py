"""Staff hand out cards; they cannot act as the student, and nobody reads the student's answers."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.consent.services.decisions import decide
from apps.consent.services.purpose_status import CannotDecide
from apps.core import clock
from apps.disclosure.services import personal_data
from apps.disclosure.services.corrections import corrections_by, request_correction
from apps.helpline.services import help_requests, replies, transitions
from apps.people.models import PendingAct, StaffPost, Student
from apps.people.pin_reauthentication import SESSION_KEY
from apps.people.services import pending_acts
from apps.push.models import Broadcast
from apps.registration.services import code_renewals, print_runs
from apps.signin.models import LoginCard, PinReset
from apps.signin.services import cards, pin_resets
from apps.vault.services.sealed_content import OpeningReason
from tests import factories

PIN, NEW_PIN = "7305", "8416"
PROVE = reverse("signin:prove")
WORDS, REPLY = "ひみつの ことば", "あした 話そう"


def answered(cast):
    """さくら's help request, which the nurse has answered."""
    created = help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", words=WORDS, form_key=uuid.uuid4()
    )
    replies.open_request(created, actor=cast.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    replies.send_reply(
        created, actor=cast.nurse.user, words=REPLY, form_key=uuid.uuid4(), seen=None
    )
    return created


@pytest.fixture
def wrote(cast):
    """さくら with card and PIN: has a help request with a reply, a check-in and an apology notice."""
    StaffPost.objects.update(begins_on=None)
    factories.duty_roster(cast)
    seed_questions()
    ((_, cast.code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(cast.code, PIN)
    cast.sakura.refresh_from_db()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    cast.request = answered(cast)
    submit(
        student=cast.sakura, question_set=current_question_set(), client_key=uuid.uuid4(),
        answers={"mood": 1, "words": WORDS},
    )  # fmt: skip
    request_correction(
        cast.sakura, actor=cast.sakura.user, about="roster", words=WORDS, form_key=uuid.uuid4()
    )
    return cast


def reset(cast, reason="わすれて 本人が 来たため"):
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason=reason)
    cards.set_first_pin(cast.code, NEW_PIN)
    return Student.objects.get(pk=cast.sakura.pk)


def confirm(cast):
    act = PendingAct.objects.get(kind="pin.reset", stopped_at=None)
    pending_acts.confirm(act, by=cast.nurse.user)
    pin_resets.apply_resets()


def signed_in(client, code, pin):
    client.post(reverse("signin:card_entry"), {"code": code})
    return client.post(reverse("signin:pin"), {"pin": pin})


def own_pages(cast):
    """[(URL, request options)] of all pages that show a student's own answers."""
    student = cast.sakura.pk
    return [
        (reverse("helpline:status"), "get"),
        (reverse("helpline:one", args=[cast.request.pk]), "get"),
        (reverse("checkins:days"), "get"),
        (reverse("disclosure:personal_data", args=[student]), "get"),
        (reverse("disclosure:personal_data_file", args=[student]), "post"),
        (reverse("disclosure:corrections", args=[student]), "get"),
    ]


# -- who hands out cards -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("homeroom", 200), ("helpdesk", 200), ("principal", 404), ("officer", 404), ("nurse", 403)],
)
def test_only_homeroom_and_helpdesk_hand_out_a_card(cast, sign_in, who, status):
    page = reverse("admin:registration_cards", args=[cast.class_1.pk])
    answer = sign_in(getattr(cast, who).user).get(page)
    assert answer.status_code in ({status} if status == 200 else {403, 404})


def test_whoever_prints_letters_only_reads_of_no_card_sheet(cast, sign_in):
    sheet = print_runs.print_cards([cast.sakura], school_class=cast.class_1, by=cast.homeroom.user)
    listed = reverse("admin:registration_printedsheet_changelist")
    answer = sign_in(cast.principal.user).get(listed)
    assert answer.status_code == 200
    assert str(sheet.pk) not in answer.content.decode()


def test_a_renewal_is_refused_to_who_may_not_hand_out_even_past_the_page(wrote):
    card = LoginCard.objects.valid().get()
    with pytest.raises(pending_acts.CannotAct):
        code_renewals.propose_renewal(
            "cards", {card.pk: wrote.sakura}, of_class=wrote.class_1, by=wrote.principal.user,
            reason="なくしたと 言っているため",
        )  # fmt: skip
    assert LoginCard.objects.valid().get() == card


# -- a first card ------------------------------------------------------------------------------


@pytest.fixture
def had(cast):
    """さくら has answers written with a school account; then a first card is printed."""
    StaffPost.objects.update(begins_on=None)
    factories.duty_roster(cast)
    cast.request = answered(cast)
    ((_, cast.code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    return cast


def test_whoever_chooses_the_first_pin_reads_nothing_of_what_was_there_before(had, client):
    cards.set_first_pin(had.code, PIN)
    signed_in(client, had.code, PIN)
    client.post(PROVE, {"pin": PIN, "next": "/"})
    for address, how in own_pages(had):
        body = getattr(client, how)(address).content.decode()
        assert WORDS not in body, address
        assert REPLY not in body, address
    assert client.session["_auth_user_id"] == str(had.sakura.user.pk)
    assert Student.objects.get(pk=had.sakura.pk).closed_before is not None


def test_a_reset_that_is_confirmed_opens_what_was_before_the_first_pin(had, client):
    cards.set_first_pin(had.code, PIN)
    had.sakura.refresh_from_db()
    reset(had)
    confirm(had)
    signed_in(client, had.code, NEW_PIN)
    client.post(PROVE, {"pin": NEW_PIN, "next": "/"})
    assert REPLY in client.get(reverse("helpline:status")).content.decode()


def test_what_was_before_a_first_pin_opens_once_somebody_saw_the_student_choose_it(had, client):
    factories.choose_own_pin(had.code, PIN)
    signed_in(client, had.code, PIN)
    client.post(PROVE, {"pin": PIN, "next": "/"})
    assert REPLY in client.get(reverse("helpline:status")).content.decode()


def test_a_pin_reset_while_a_first_one_waits_closes_what_was_written_meanwhile(cast):
    ((_, code),) = cards.issue_cards([cast.ren], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    factories.duty_roster(cast)
    student = Student.objects.get(pk=cast.ren.pk)
    help_requests.send_help_request(
        student=student, wanted="nurse", words=WORDS, form_key=uuid.uuid4()
    )
    assert len(help_requests.requests_of(student)) == 1
    pin_resets.reset_pin(student, by=cast.helpdesk.user, reason="わすれて 本人が 来たため")
    cards.set_first_pin(code, NEW_PIN)
    assert not help_requests.requests_of(Student.objects.get(pk=student.pk))


# -- a new card keeps the PIN ------------------------------------------------------------------


def test_a_new_card_opens_with_the_old_pin_and_with_no_other(wrote):
    ((_, code),) = cards.replace_cards([LoginCard.objects.valid().get().pk], by=wrote.homeroom.user)
    with pytest.raises(cards.CannotSignIn):
        cards.set_first_pin(code, NEW_PIN)
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(code, NEW_PIN)
    assert cards.sign_in_with_card(code, PIN) == wrote.sakura.user
    ((_, third),) = cards.issue_cards([wrote.sakura], by=wrote.homeroom.user)
    assert cards.sign_in_with_card(third, PIN) == wrote.sakura.user


def test_new_cards_give_no_new_tries_at_the_pin(wrote):
    code = wrote.code
    for n in range(9):
        with time_machine.travel(timezone.now() + timedelta(hours=n)):
            with pytest.raises(cards.CannotSignIn):
                cards.sign_in_with_card(code, "0193")
            ((_, code),) = cards.issue_cards([wrote.sakura], by=wrote.homeroom.user)
    assert LoginCard.objects.valid().get().failures == 9


def test_an_old_session_ends_with_the_old_card(wrote, client):
    assert signed_in(client, wrote.code, PIN).status_code == 302
    assert client.get(reverse("checkins:frequency")).status_code == 200
    cards.issue_cards([wrote.sakura], by=wrote.homeroom.user)
    assert client.get(reverse("checkins:frequency")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_an_old_session_ends_with_the_old_pin(wrote, client):
    signed_in(client, wrote.code, PIN)
    pin_resets.reset_pin(wrote.sakura, by=wrote.homeroom.user, reason="わすれて 本人が 来たため")
    assert client.get(reverse("checkins:frequency")).status_code == 302


# -- a PIN reset by staff ----------------------------------------------------------------------


def test_a_reset_is_told_to_the_student_for_thirty_days_and_on_their_devices(wrote, client):
    reset(wrote)
    created = PinReset.objects.get()
    assert Broadcast.objects.get(topic=created.pk.hex).user_ids == [wrote.sakura.user_id]
    event = AuditEvent.objects.get(action=Action.CARD_RESET)
    assert (event.actor, event.actor_role) == (wrote.homeroom.user, "homeroom")
    for days, is_shown in ((0, True), (29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            signed_in(client, wrote.code, NEW_PIN)
            page = client.get("/").content.decode()
            assert ("めなおせる" in page) is is_shown, days
            if is_shown:
                assert "担任" in page


@pytest.mark.parametrize("who", ["principal", "officer", "nurse", "counsellor"])
def test_nobody_else_resets_a_pin(wrote, who):
    with pytest.raises(pending_acts.CannotAct):
        pin_resets.reset_pin(
            wrote.sakura, by=getattr(wrote, who).user, reason="わすれて 本人が 来たため"
        )
    assert cards.sign_in_with_card(wrote.code, PIN)


def test_a_reset_without_a_reason_changes_nothing(wrote, sign_in):
    page = reverse("admin:registration_pin_reset", args=[wrote.class_1.pk, wrote.sakura.pk])
    assert sign_in(wrote.homeroom.user).post(page, {"reason": ""}).status_code == 422
    assert cards.sign_in_with_card(wrote.code, PIN)


def test_the_page_resets_one_student_of_the_own_class(wrote, sign_in):
    desk = sign_in(wrote.homeroom.user)
    page = reverse("admin:registration_pin_reset", args=[wrote.class_1.pk, wrote.sakura.pk])
    assert desk.post(page, {"reason": "わすれて 本人が 来たため"}).status_code == 302
    assert LoginCard.objects.valid().get().pin_digest is None
    other = reverse("admin:registration_pin_reset", args=[wrote.class_2.pk, wrote.ren.pk])
    assert desk.get(other).status_code == 404


def test_what_was_written_before_a_reset_stays_closed_until_somebody_else_confirms(wrote, sign_in):
    student = reset(wrote)
    client = sign_in(student.user)  # with the new PIN typed just now
    for address, how in own_pages(wrote):
        body = getattr(client, how)(address).content.decode()
        assert WORDS not in body, address
        assert REPLY not in body, address
    assert corrections_by(student.user, student) == []
    confirm(wrote)
    client = sign_in(Student.objects.get(pk=student.pk).user)
    bodies = "".join(getattr(client, how)(a).content.decode() for a, how in own_pages(wrote))
    assert WORDS in bodies
    assert REPLY in bodies


def test_an_answer_of_an_earlier_day_that_comes_after_a_reset_stays_closed(wrote, sign_in):
    student = reset(wrote)
    submit(
        student=student, question_set=current_question_set(), client_key=uuid.uuid4(),
        answers={"mood": 1, "words": WORDS}, answered_on=clock.today() - timedelta(days=1),
    )  # fmt: skip
    client = sign_in(student.user)
    for address, how in own_pages(wrote):
        assert WORDS not in getattr(client, how)(address).content.decode(), address


def test_after_a_reset_asking_for_help_goes_on_and_is_read_with_the_pin(wrote, sign_in):
    student = reset(wrote)
    help_requests.send_help_request(
        student=student, wanted="nurse", words="また はなしたい", form_key=uuid.uuid4()
    )
    rows = personal_data.data_parts(student, student.user, "student")
    (helps,) = [part for part in rows if part.code == "helps"]
    assert [row["said"]["words"] for row in helps.rows] == ["また はなしたい"]


def test_nothing_is_cancelled_or_agreed_to_until_the_reset_is_confirmed(wrote):
    student = reset(wrote)
    later = help_requests.send_help_request(
        student=student, wanted="nurse", words="", form_key=uuid.uuid4()
    )
    with pytest.raises(transitions.CannotChangeRequest):
        help_requests.cancel_help_request(later, by=student.user)
    factories.policy(wrote.city, Purpose.GRADES)
    factories.document(wrote.city, Purpose.GRADES)
    given = {Purpose.GRADES: "given"}
    with pytest.raises(CannotDecide):
        decide(student=student, actor=student.user, answers=given, form_key=uuid.uuid4())
    confirm(wrote)
    student = Student.objects.get(pk=student.pk)
    help_requests.cancel_help_request(later, by=student.user)
    decide(student=student, actor=student.user, answers=given, form_key=uuid.uuid4())


def test_no_page_of_the_guardian_differs_by_a_reset(wrote, sign_in):
    pages = [
        "/", reverse("consent:overview", args=[wrote.sakura.pk]),
        reverse("disclosure:access_log", args=[wrote.sakura.pk]),
        reverse("disclosure:personal_data", args=[wrote.sakura.pk]), reverse("notices:inbox"),
    ]  # fmt: skip
    client = sign_in(wrote.midori.user)
    for page in pages:  # what a first visit marks as read
        client.get(page)
    before = [_without_tokens(client.get(page)) for page in pages]
    reset(wrote)
    for page, then in zip(pages, before, strict=True):
        assert set(_without_tokens(client.get(page))) ^ set(then) == set(), page


def _without_tokens(answer):
    lines = answer.content.decode().splitlines()
    of_the_moment = ("csrfmiddlewaretoken", "form_key", "data-left")
    return [line for line in lines if not any(name in line for name in of_the_moment)]


def test_nobody_confirms_before_the_pin_is_chosen(wrote):
    pin_resets.reset_pin(wrote.sakura, by=wrote.homeroom.user, reason="わすれて 本人が 来たため")
    with pytest.raises(pending_acts.CannotAct):
        confirm(wrote)
    cards.set_first_pin(wrote.code, NEW_PIN)
    confirm(wrote)
    assert not Student.objects.get(pk=wrote.sakura.pk).has_unconfirmed_pin


def test_the_confirmation_of_one_pin_does_not_cover_a_later_one(wrote):
    reset(wrote)
    act = PendingAct.objects.get(kind="pin.reset", stopped_at=None)
    pending_acts.confirm(act, by=wrote.nurse.user)  # and before it is noted:
    student = reset(wrote)
    pin_resets.apply_resets()
    student.refresh_from_db()
    assert student.has_unconfirmed_pin
    assert cards.sign_in_with_card(wrote.code, NEW_PIN)


def test_nobody_who_holds_the_sheet_confirms(wrote):
    pin_resets.reset_pin(wrote.sakura, by=wrote.helpdesk.user, reason="担任から 電話が 来たため")
    cards.set_first_pin(wrote.code, NEW_PIN)
    act = PendingAct.objects.get(kind="pin.reset", stopped_at=None)
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=wrote.homeroom.user)
    StaffPost.objects.create(
        municipality=wrote.city, school=wrote.school, school_class=wrote.class_1,
        role="homeroom", name="ほけんの先生", user=wrote.nurse.user,
    )  # fmt: skip
    nurse = type(wrote.nurse.user).objects.get(pk=wrote.nurse.user.pk)
    with pytest.raises(pending_acts.CannotAct):  # two posts: the sheet is theirs as well
        pending_acts.confirm(act, by=nurse)
    pending_acts.confirm(act, by=wrote.principal.user)


# -- reading requires the PIN again ------------------------------------------------------------


def test_reading_asks_for_the_pin_however_the_session_began(wrote, client, sign_in):
    signed_in(client, wrote.code, PIN)  # typed a moment ago: to sign in, not to read
    for browser in (client, sign_in(wrote.sakura.user, proved=False)):
        for address, how in own_pages(wrote):
            answer = getattr(browser, how)(address)
            body = answer.content.decode()
            assert WORDS not in body, address
            assert REPLY not in body, address
            target = answer.url if answer.status_code == 302 else body
            assert PROVE in target, address


def test_the_right_pin_leads_back_and_opens_for_ten_minutes(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    status = reverse("helpline:status")
    answer = client.post(PROVE, {"pin": PIN, "next": status})
    assert (answer.status_code, answer.url) == (302, status)
    assert REPLY in client.get(status).content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=9)):
        assert REPLY in client.get(status).content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert REPLY not in client.get(status).content.decode()


def test_a_wrong_pin_is_counted_as_at_signing_in(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    for _ in range(5):
        assert client.post(PROVE, {"pin": "0193", "next": "/"}).status_code == 422
    assert LoginCard.objects.valid().get().locked_until is not None
    assert client.post(PROVE, {"pin": PIN, "next": "/"}).status_code == 422
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(wrote.code, PIN)


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "", "javascript:1"])
def test_the_pin_page_leads_nowhere_else(wrote, sign_in, next_):
    client = sign_in(wrote.sakura.user, proved=False)
    assert client.post(PROVE, {"pin": PIN, "next": next_}).url == reverse("portal:home")


def test_a_proof_is_of_this_student_and_this_session_alone(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    session = client.session
    session[SESSION_KEY] = {
        "student": str(wrote.ren.pk), "until": (clock.now() + timedelta(minutes=5)).isoformat(),
    }  # fmt: skip
    session.save()
    assert REPLY not in client.get(reverse("helpline:status")).content.decode()
    proved = sign_in(wrote.sakura.user)
    proved.post(reverse("signin:leave"))
    assert SESSION_KEY not in proved.session


def test_sending_never_asks_for_the_pin(wrote, sign_in):
    client = sign_in(wrote.sakura.user, proved=False)
    form = client.get(reverse("helpline:ask")).context["form_key"]
    sent = client.post(reverse("helpline:ask"), {"wanted": "nurse", "words": "", "form_key": form})
    page = client.get(sent.url)
    assert (sent.status_code, page.status_code) == (302, 200)
    assert client.get(reverse("checkins:today")).status_code == 200
    data = {"about": "roster", "words": "ちがう", "form_key": str(uuid.uuid4())}
    assert (
        client.post(reverse("disclosure:corrections", args=[wrote.sakura.pk]), data).status_code
        == 302
    )


def test_taking_a_request_back_asks_for_the_pin(wrote, sign_in):
    later = help_requests.send_help_request(
        student=wrote.sakura, wanted="nurse", words="", form_key=uuid.uuid4()
    )
    cancel = reverse("helpline:cancel", args=[later.pk])
    assert PROVE in sign_in(wrote.sakura.user, proved=False).post(cancel).url
    later.refresh_from_db()
    assert later.state == "sent"
    sign_in(wrote.sakura.user).post(cancel)
    later.refresh_from_db()
    assert later.state == "cancelled"


def test_pages_of_own_words_are_kept_by_no_cache(wrote, sign_in):
    client = sign_in(wrote.sakura.user)
    for address, how in own_pages(wrote):
        assert "no-store" in getattr(client, how)(address)["Cache-Control"], address


def test_guardians_are_asked_for_no_pin(wrote, sign_in):
    client = sign_in(wrote.midori.user)
    assert (
        client.get(reverse("disclosure:personal_data", args=[wrote.sakura.pk])).status_code == 200
    )
    assert client.get(PROVE).url == reverse("portal:home")


def test_an_empty_pin_on_the_card_is_no_proof(cast, sign_in):
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    answer = sign_in(cast.sakura.user, proved=False).post(PROVE, {"pin": "", "next": "/"})
    assert answer.status_code == 422
    assert not LoginCard.objects.exclude(pin_digest=None).exists()
