"""A teacher named in 見せたくない先生 finds what they would find had the child written nothing."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Audience, AuditEvent
from apps.checkins.models import CheckIn, WithheldWords, WordsExclusion, WordsReaders
from apps.checkins.services import retention
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.checkins.services.withheld_words import KeepsOut
from apps.consent.models import Purpose
from apps.core import clock
from apps.disclosure.services.personal_data import data_parts
from apps.helpline import words as helpline_words
from apps.people.models import Role, StaffPost
from apps.push.models import Broadcast
from tests import factories
from tests.checkins.tablet_client import deliver, opened, sealed
from tests.helpline.test_routes import in_force
from tests.ruby_readings import kanji_without_reading

TODAY, DAYS = reverse("checkins:today"), reverse("checkins:days")
LIST, DAY = reverse("admin:checkins_checkin_changelist"), reverse("admin:checkins_day")
TEXTS = reverse("admin:checkins_withheldwords_changelist")
SAID = "あのひとが こわい"
PRINCIPAL = {"keeps_out": "1", "kept_words": "校長先生"}


@pytest.fixture
def town(cast):
    """A school whose students may keep words from staff: a route, and approved sentences."""
    c = cast
    c.duty = factories.duty_roster(c)
    c.other_school = factories.school(c.city, "C117220600099", "もうひとつの中学校(架空)")
    c.protector = factories.staff_post(Role.FAMILY_CENTRE, None, of=c.city, name="子どもを守る担当")
    c.elsewhere = factories.staff_post(Role.COUNSELLOR, c.other_school, name="ほかの学校の人")
    c.privacy = factories.staff_post(Role.PRIVACY, None, of=c.city, name="個人情報の担当")
    StaffPost.objects.update(begins_on=None)
    seed_questions()
    factories.make_effective(c.sakura, Purpose.CHECKIN_REVIEW)
    return c


@pytest.fixture
def safe(town):
    in_force(town)
    return town


@pytest.fixture
def sakura(safe, sign_in):
    return sign_in(safe.sakura.user)


def fields(**answers):
    question_set = current_question_set()
    return {"question_set": question_set.pk, "client_key": uuid.uuid4(), **answers}


def send(student, words="", keeps_out=None, client_key=None, **answers):
    return submit(
        student=student, question_set=current_question_set(), client_key=client_key or uuid.uuid4(),
        answers={"mood": "3", "words": words, **answers}, keeps_out=keeps_out or KeepsOut(),
    )  # fmt: skip


PRINCIPAL_KEPT_OUT = KeepsOut(True, "校長先生")


def pages_of(desk, student):
    """Everything a member of staff reads of a student's check-ins, and how it was asked for."""
    reason = {"reason": "meeting"}
    class_page = reverse("admin:checkins_class", args=[student.home_class_id])
    weeks = reverse("admin:checkins_weeks", args=[student.pk])
    one = [
        reverse("admin:checkins_open", args=[pk])
        for pk in CheckIn.objects.values_list("pk", flat=True)
    ]
    found = []
    with CaptureQueriesContext(connection) as queries:
        for url in ("/admin/", LIST, f"{LIST}?is_conflict__exact=1", DAY):
            found.append(desk.get(url).content.decode())
        for url in (class_page, weeks, *one):
            found.append(desk.post(url, reason, follow=True).content.decode())
    return [_neutral(page) for page in found], len(queries)


def _neutral(page):
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", page)
    return re.sub(
        r'(csrfmiddlewaretoken" value=")[^"]+|\d\d?時\d\d?分|\d\d:\d\d|nonce="[^"]+"', "", page
    )


# -- who reads it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["principal", "homeroom"])
def test_who_is_kept_out_finds_what_stands_there_where_nothing_was_written(
    safe, sign_in, who, time_machine
):
    time_machine.move_to(clock.now(), tick=False)
    desk = sign_in(getattr(safe, who).user)
    send(safe.sakura)
    pages_of(desk, safe.sakura)  # the first visit of all sets up more
    nothing_written = pages_of(desk, safe.sakura)
    CheckIn.objects.all().delete()
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT)
    assert pages_of(desk, safe.sakura) == nothing_written
    assert desk.get(TEXTS).status_code in (403, 404)
    row = WithheldWords.objects.get()
    assert desk.post(
        reverse("admin:checkins_words", args=[row.pk]), {"reason": "safety"}
    ).status_code in (403, 404)


def test_others_at_the_school_read_it_and_are_told_that_somebody_does_not(safe, sign_in):
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT)
    pages, _n = pages_of(sign_in(safe.nurse.user), safe.sakura)
    assert sum(SAID in page for page in pages) == 2
    assert "ほかの職員に話さないでください" in "".join(pages)
    shown = AuditEvent.objects.filter(thing="checkins.WithheldWords", actor=safe.nurse.user)
    assert {event.audience for event in shown} == {Audience.PROTECTIVE}


@pytest.mark.parametrize("kept_words", ["", "しらない ひと"])
def test_a_name_of_nobody_leaves_it_to_the_route_alone(safe, sign_in, kept_words):
    send(safe.sakura, SAID, KeepsOut(True, kept_words))
    for who in (safe.nurse, safe.counsellor, safe.principal, safe.homeroom):
        pages, _n = pages_of(sign_in(who.user), safe.sakura)
        assert not any(SAID in page for page in pages)
    row = WithheldWords.objects.get()
    assert (row.readers, WordsExclusion.objects.count()) == (WordsReaders.ROUTE, 0)
    url = reverse("admin:checkins_words", args=[row.pk])
    for who in (safe.protector, safe.elsewhere, safe.officer):
        desk = sign_in(who.user)
        assert "チェックインに書かれた言葉" in desk.get("/admin/").content.decode()
        page = desk.post(url, {"reason": "safety"}, follow=True).content.decode()
        assert SAID in page and "189" in page
    told = {pk for sent in Broadcast.objects.all() for pk in sent.user_ids}
    assert told == {safe.protector.user_id, safe.elsewhere.user_id, safe.officer.user_id}


def test_without_a_reason_the_route_reads_neither_name_nor_words(safe, sign_in):
    send(safe.sakura, SAID, KeepsOut(True, ""))
    desk = sign_in(safe.protector.user)
    page = desk.post(
        reverse("admin:checkins_words", args=[WithheldWords.objects.get().pk]), {"reason": ""}
    )
    assert page.status_code == 422
    assert SAID not in page.content.decode() and str(safe.sakura) not in page.content.decode()
    assert SAID not in desk.get(TEXTS).content.decode()


@pytest.mark.parametrize(
    "who", ["nurse", "counsellor", "away_nurse", "helpdesk", "privacy", "office"]
)
def test_who_is_not_on_the_route_finds_no_such_page(safe, sign_in, who):
    send(safe.sakura, SAID, KeepsOut(True, ""))
    desk = sign_in(getattr(safe, who).user)
    assert desk.get(TEXTS).status_code in (403, 404)
    url = reverse("admin:checkins_words", args=[WithheldWords.objects.get().pk])
    assert desk.post(url, {"reason": "safety"}).status_code in (403, 404)
    assert "チェックインに書かれた言葉" not in desk.get("/admin/").content.decode()


def test_nobody_of_the_route_who_works_at_the_school_reads_it_past_the_school(safe):
    StaffPost.objects.create(municipality=safe.city, school=safe.school, role=Role.COUNSELLOR,
                             name="ほかの学校の人", user=safe.elsewhere.user)  # fmt: skip
    StaffPost.objects.update(begins_on=None)
    send(safe.sakura, SAID, KeepsOut(True, ""))
    assert not WithheldWords.objects.on_route(safe.elsewhere.user).exists()
    assert WithheldWords.objects.on_route(safe.protector.user).exists()


def test_emergency_access_opens_no_words_kept_apart(safe, sign_in):
    send(safe.sakura, SAID, KeepsOut(True, "山田"))
    other = factories.staff_post(
        Role.HOMEROOM, safe.school, in_class=safe.class_2, name="二組の先生"
    )
    other.user.known_emergencies = frozenset([safe.sakura.pk])
    assert CheckIn.objects.visible_to(other.user).exists()
    assert not WithheldWords.objects.at_school(other.user).exists()


# -- from then on -----------------------------------------------------------------------------------


def test_who_was_named_reads_no_later_words_and_keeps_what_they_read_before(safe, sign_in):
    send(safe.sakura, "まえの ことば")
    send(safe.sakura, "", PRINCIPAL_KEPT_OUT)
    send(safe.sakura, "あとの ことば")

    def read_by(who):
        return "".join(pages_of(sign_in(who.user), safe.sakura)[0])

    assert "まえの ことば" in read_by(safe.principal)
    assert "あとの ことば" not in read_by(safe.principal)
    assert "あとの ことば" in read_by(safe.homeroom) and "あとの ことば" in read_by(safe.nurse)


def test_the_student_shows_words_again_and_earlier_ones_stay_kept(safe, sign_in):
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT)
    browser = sign_in(safe.sakura.user, proved=False)
    assert browser.post(reverse("checkins:show_words")).status_code == 302
    assert WordsExclusion.objects.filter(ended_at=None).exists()  # not without the PIN
    factories.with_recent_pin(browser)
    page = browser.get(DAYS).content.decode()
    assert kanji_without_reading(page) == []
    assert "校長" not in page
    browser.post(reverse("checkins:show_words"))
    assert not WordsExclusion.objects.filter(ended_at=None).exists()
    assert reverse("checkins:show_words") not in browser.get(DAYS).content.decode()
    send(safe.sakura, "あとの ことば")
    pages, _n = pages_of(sign_in(safe.principal.user), safe.sakura)
    assert "あとの ことば" in "".join(pages) and SAID not in "".join(pages)


# -- once, and later --------------------------------------------------------------------------------


def test_sent_twice_and_delivered_later_it_is_one(safe, client):
    form = opened(safe.sakura)
    answers = {"mood": "3", "words": SAID, **PRINCIPAL}
    assert deliver(client, sealed(form, answers), sealed(form, answers)) == ["kept", "kept"]
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT, client_key=form[0])
    assert (CheckIn.objects.count(), WithheldWords.objects.count()) == (1, 1)
    assert not CheckIn.objects.get().is_conflict
    assert {row.person for row in WordsExclusion.objects.all()} == {safe.principal.user}


def test_another_text_of_the_same_form_is_no_second_body(safe, client):
    form = opened(safe.sakura)
    for words in ("ひとつ", "ふたつ"):
        deliver(client, sealed(form, {"mood": "3", "words": words, **PRINCIPAL}))
    assert (CheckIn.objects.count(), WithheldWords.objects.count()) == (1, 2)


def test_a_text_sent_again_after_somebody_was_named_stays_one_check_in(safe, client):
    form = opened(safe.sakura)
    answers = {"mood": "3", "words": "まえの ことば"}
    deliver(client, sealed(form, answers))
    send(safe.sakura, "", PRINCIPAL_KEPT_OUT)
    assert deliver(client, sealed(form, answers)) == ["kept"]
    assert not CheckIn.objects.filter(is_conflict=True).exists()


def test_a_delivery_of_two_forms_keeps_both_texts_from_who_is_named_in_one(safe, client):
    plain = sealed(opened(safe.sakura), {"mood": "2", "words": "ひとつ"})
    naming = sealed(opened(safe.sakura), {"mood": "3", "words": "ふたつ", **PRINCIPAL})
    assert deliver(client, plain, naming) == ["kept", "kept"]
    assert not WithheldWords.objects.at_school(safe.principal.user).exists()
    assert WithheldWords.objects.at_school(safe.nurse.user).count() == 2


def test_a_delivery_is_kept_past_the_school_where_the_question_is_gone_meanwhile(town, client):
    answers = {"mood": "3", "words": SAID, "keeps_out": "1"}
    assert deliver(client, sealed(opened(town.sakura), answers)) == ["kept"]
    assert WithheldWords.objects.get().readers == WordsReaders.ROUTE
    assert not WithheldWords.objects.at_school(town.nurse.user).exists()


@pytest.mark.parametrize("words", ["あ" * 61, ["校長先生"], {"a": 1}])
def test_a_name_that_cannot_be_one_is_refused_or_read_as_words(safe, client, words):
    state = deliver(client, sealed(opened(safe.sakura), {"mood": "3", "kept_words": words}))
    assert state == ["refused" if isinstance(words, str) else "kept"]


# -- the form -----------------------------------------------------------------------------------------


def test_the_form_asks_where_there_is_a_route_and_the_sentences_are_approved(
    town, sign_in, monkeypatch
):
    browser = sign_in(town.sakura.user)
    field = 'name="keeps_out"'
    assert field not in browser.get(TODAY).content.decode()
    in_force(town)
    page = browser.get(TODAY).content.decode()
    assert page.count(field) == 1
    assert kanji_without_reading(page) == []
    assert field not in browser.get(reverse("checkins:week")).content.decode()
    monkeypatch.setattr(helpline_words, "WORDS_VERSION", "2099-01")
    assert field not in browser.get(TODAY).content.decode()


def test_the_plain_form_sends_it_as_well(sakura, safe):
    assert sakura.post(TODAY, fields(mood="3", words=SAID, **PRINCIPAL)).status_code == 302
    assert WithheldWords.objects.get().readers == WordsReaders.SCHOOL_AND_ROUTE


def test_a_name_too_long_comes_back_with_what_was_typed(sakura):
    page = sakura.post(TODAY, fields(words=SAID, keeps_out="1", kept_words="あ" * 61))
    assert page.status_code == 422
    assert SAID in page.content.decode() and "あ" * 61 in page.content.decode()
    assert not CheckIn.objects.exists()


def test_without_a_route_nothing_is_sent_and_the_words_are_gone_from_the_page(town, sign_in):
    page = sign_in(town.sakura.user).post(TODAY, fields(mood="3", words=SAID, **PRINCIPAL))
    assert page.status_code == 422
    text = page.content.decode()
    assert SAID not in text and "0120-0-78310" in text and 'value="3" checked' in text
    assert kanji_without_reading(text) == []
    assert not CheckIn.objects.exists() and not WithheldWords.objects.exists()


# -- the student's own, and the end -------------------------------------------------------------------


def test_the_students_own_file_has_the_words_and_a_guardians_nothing(safe):
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT)
    own = data_parts(safe.sakura, safe.sakura.user, "student")
    assert SAID in str(own) and "校長" not in str(own)
    assert SAID not in str(data_parts(safe.sakura, safe.midori.user, "guardian"))


def test_the_words_go_with_their_check_in_and_count_nowhere(safe):
    send(safe.sakura, SAID, PRINCIPAL_KEPT_OUT)
    assert retention.delete_orphaned_words() == 0
    CheckIn.objects.all().delete()
    retention.delete_expired_checkins()
    assert not WithheldWords.objects.exists()
