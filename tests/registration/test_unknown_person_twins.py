"""Who was kept out before registering gets what somebody unknown gets: twins of one another."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.audit.models import Action, AuditEvent, SecurityEvent
from apps.core import clock
from apps.people.models import Guardian
from apps.people.person_match_rules import TypedPerson
from apps.people.services import kept_out_people
from apps.registration.models import GuardianRegistration
from apps.registration.services import letters
from apps.registration.services.letters import NOT_USABLE
from tests import factories
from tests.nearby.crawler import NONCE, RANDOM, UUID
from tests.registration.confirmation_helpers import come, letter_of
from tests.registration.letter_helpers import NEWCOMER, child_letter, come_in, scan
from tests.registration.test_kept_out_people import again, keep_out, let_in


@pytest.fixture(autouse=True)
def _stopped_clock():
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False):
        yield


UNKNOWN_CODE = "ZZZZ2345YYYY"
SPELLINGS = ("father@mail.example", "FATHER@Mail.Example", "father+2@mail.example")
CALLER = {
    "family_name": "加賀", "given_name": "ちち", "family_kana": "", "given_kana": "",
    "mail": "father@mail.example", "phone": "090-1234-5678",
}  # fmt: skip


def plain(text):
    text = re.sub(r'data-who="\w+"', "", text)
    return RANDOM.sub("", UUID.sub("", NONCE.sub("", text)))


def answers(client, code):
    """[(status, headers, body)] of scanning a letter and sending the statement."""
    found = []
    for answer in (
        client.post(reverse("registration:letter_entry"), {"code": code}),
        client.get(reverse("registration:accept_letter")),
        client.post(reverse("registration:letter_entry"), {"code": code}),
        client.post(reverse("registration:accept_letter"), NEWCOMER),
        client.get("/"),
    ):
        headers = sorted((name, plain(value)) for name, value in answer.items())
        cookies = sorted((c.key, c["max-age"], c["path"]) for c in answer.cookies.values())
        found.append((answer.status_code, headers, cookies, plain(answer.content.decode())))
    return found


def test_a_letter_opens_to_no_address_of_theirs_and_says_what_an_unknown_code_gets(cast, sign_in):
    keep_out(cast)
    _letter, code = child_letter(cast.sakura, cast.office.user)
    stranger = factories.user("stranger@mail.example")
    for n, address in enumerate(SPELLINGS):
        account = factories.user(f"account{n}@mail.example")
        type(account).objects.filter(pk=account.pk).update(email=address)
        account.refresh_from_db()
        kept, unknown = answers(sign_in(account), code), answers(sign_in(stranger), UNKNOWN_CODE)
        assert kept == unknown, address
        assert str(NOT_USABLE)[:12] in kept[1][3].replace("<ruby>", "") or kept[1][0] == 422
    assert not GuardianRegistration.objects.exists()
    noted = SecurityEvent.objects.order_by().values_list("kind", "detail").distinct()
    assert ("signin.failed", "letter") in set(noted)
    assert not AuditEvent.objects.filter(action=Action.INVITATION_USED).exists()
    # nothing of it remains once two people have ended it
    let_in(cast, kept_out_people.KeptOutPerson.objects.get())
    assert come_in(sign_in(account), code).url == "/"


def test_a_guardians_own_letter_does_the_same(cast, sign_in):
    row = Guardian.objects.create(
        municipality=cast.city, source_id="g-77", family_name="加賀", given_name="べつ"
    )
    factories.guardianship(row, cast.sakura)
    ((_, code),) = letters.issue_guardian_letters([row], by=cast.principal.user)
    keep_out(cast)
    account, stranger = factories.user(SPELLINGS[0]), factories.user("s@mail.example")
    found = []
    for user, typed in ((account, code), (stranger, UNKNOWN_CODE)):
        client = sign_in(user)
        scan(client, typed)
        found.append(client.post(reverse("registration:accept_letter"), {"has_secret": "no", "tells_others": "no"}))  # fmt: skip
    assert [answer.status_code for answer in found] == [422, 422]
    assert plain(found[0].content.decode()) == plain(found[1].content.decode())


def test_the_counter_and_the_telephone_say_the_same_of_them_and_of_somebody_unknown(cast, sign_in):
    letter = letter_of(cast.sakura, by=cast.office.user)
    early = come(letter, "father@mail.example", relation="father", given="ちち")
    keep_out(cast)
    page = reverse("admin:people_student_caller", args=[cast.sakura.pk])
    unknown = CALLER | {
        "given_name": "しらない",
        "mail": "other@mail.example",
        "phone": "0761-11-2222",
    }
    known = {**dict.fromkeys(CALLER, ""), "family_name": "加賀", "given_name": "みどり"}
    for who in (cast.helpdesk, cast.office):
        client = sign_in(who.user)
        assert (
            page in client.get(reverse("admin:people_student_change", args=[cast.sakura.pk])).text
        )
        said = {name: client.post(page, sent) for name, sent in
                (("kept", CALLER), ("unknown", unknown), ("known", known))}  # fmt: skip
        texts = {name: _without_input(answer.text) for name, answer in said.items()}
        assert texts["kept"] == texts["unknown"]
        assert "話せることはありません" in texts["kept"]
        assert "名前が合います" in texts["known"]
        assert "電話番号" not in client.get(page).text  # compared with nobody's
        assert client.post(page, dict.fromkeys(CALLER, "")).status_code == 422
    lead = sign_in(cast.principal.user)
    assert "メールアドレスか電話番号が同じです" in lead.post(page, CALLER).text
    assert "名前か読みが同じです" in lead.post(page, CALLER | {"mail": "", "phone": ""}).text
    assert "合いません" in lead.post(page, unknown).text
    for who in (cast.homeroom, cast.nurse, cast.away_nurse):
        assert sign_in(who.user).get(page).status_code in (403, 404)
    events = AuditEvent.objects.filter(action=Action.CALLER_CHECKED)
    assert {(e.subject_id, e.audience) for e in events} == {(cast.sakura.pk, "office")}
    assert len(events) == 9
    # by telephone nobody is led to them, though they waited before
    calls = reverse("admin:consent_telephoneanswer_choose")
    homeroom = sign_in(cast.homeroom.user)
    shown = homeroom.get(calls, {"school_class": cast.class_1.pk}).text
    assert "みどり" in shown
    assert "ちち" not in shown
    tie = early.guardian.guardianships.get()
    for pk in (tie.pk, uuid.uuid4()):
        address = reverse("admin:consent_telephoneanswer_call", args=[pk])
        assert homeroom.get(address).status_code == 404


def test_a_guardian_who_must_stay_unknown_is_unknown_at_the_counter(cast, sign_in):
    tie = cast.midori.guardianships.get()
    type(tie).objects.filter(pk=tie.pk).update(must_stay_unknown=True)
    page = reverse("admin:people_student_caller", args=[cast.sakura.pk])
    sent = {**dict.fromkeys(CALLER, ""), "family_name": "加賀", "given_name": "みどり"}
    assert "話せることはありません" in sign_in(cast.helpdesk.user).post(page, sent).text


def test_the_guardians_of_a_child_are_not_found_by_trying_names(cast, sign_in):
    page = reverse("admin:people_student_caller", args=[cast.sakura.pk])
    client = sign_in(cast.helpdesk.user)
    said = [client.post(page, CALLER | {"given_name": f"た{n}"}) for n in range(7)]
    assert [answer.status_code for answer in said] == [200] * 6 + [422]
    assert "続けてたくさん" in said[-1].text and "話せることはありません" not in said[-1].text
    known = {**dict.fromkeys(CALLER, ""), "family_name": "加賀", "given_name": "みどり"}
    assert "名前が合います" not in client.post(page, known).text
    assert AuditEvent.objects.filter(action=Action.CALLER_CHECKED).count() == 6


def test_staff_do_not_check_callers_about_their_own_child(cast, sign_in):
    type(cast.midori).objects.filter(pk=cast.midori.pk).update(user=cast.office.user)
    page = reverse("admin:people_student_caller", args=[cast.sakura.pk])
    client = sign_in(again(cast.office))
    assert client.get(page).status_code == 404
    student = client.get(reverse("admin:people_student_change", args=[cast.sakura.pk]))
    assert page not in student.text


def test_a_guardian_who_takes_the_address_later_is_named_to_the_lead_alone(cast, sign_in):
    guardian = sign_in(cast.midori.user)
    before = plain(guardian.get("/").text)
    keep_out(cast)
    assert "の保護者がいます" not in sign_in(cast.principal.user).get("/admin/").text
    type(cast.midori.user).objects.filter(pk=cast.midori.user_id).update(
        email="Father+x@mail.example"
    )
    tie = cast.midori.guardianships.get()
    address = reverse("admin:people_guardianship_change", args=[tie.pk])
    for who, is_told in (
        (cast.principal, True), (cast.officer, True), (cast.homeroom, False), (cast.office, False),
        (cast.helpdesk, False), (cast.nurse, False),
    ):  # fmt: skip
        text = sign_in(who.user).get("/admin/").text
        assert ("同じメールアドレスの保護者" in text) is is_told, who
        assert (address in text) is is_told
    assert plain(guardian.get("/").text) == before


def test_a_name_that_fits_an_older_guardian_is_named_to_the_lead(cast, sign_in):
    keep_out(cast, TypedPerson("加賀", "みどり"))
    assert "同じ名前か読みの保護者" in sign_in(cast.principal.user).get("/admin/").text
    new = factories.guardian(cast.sakura, "みどり", "later@example.com")
    later = clock.now() + timedelta(minutes=1)
    new.guardianships.update(standing="informed", began_at=later)
    assert sign_in(cast.principal.user).get("/admin/").text.count("同じ名前か読みの保護者") == 1


def _without_input(text):
    return re.sub(r'value="[^"]*"', "", plain(text))
