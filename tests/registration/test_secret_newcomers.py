"""Somebody must not know of the newcomer: the lead calls, never at the number the school has."""

import pytest
from django.db import connection
from django.urls import reverse

from apps.audit.models import Action, Audience, AuditEvent
from apps.people.models import Guardian, Guardianship, Role, StaffPost
from apps.registration.models import EvidenceKind, GuardianRegistration, RegistrationEvidence
from apps.registration.services import evidence, letters, registrations, safe_contacts
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, letter_of
from tests.registration.letter_helpers import child_letter, come_in, say_yes, scan

LIST, TODAY = reverse("admin:registration_waiting"), reverse("admin:index")
ACCEPT = reverse("registration:accept_letter")
SAFE = "090-0000-1234 平日の昼"
QUESTION = "この子のことを、知られては困る人がいますか"
NO_CALL = "家にある番号には電話しない"
TILE = "管理職の連絡を待つ保護者"


def contact_url(registration):
    return reverse("admin:registration_safe_contact", args=[registration.pk])


@pytest.fixture
def secret(cast):
    """れん's letter, printed by the lead; the newcomer says that somebody must not know."""
    letter = letter_of(cast.ren, by=cast.principal.user)
    cast.registration = come(letter, "hidden@mail.example", has_secret=True, safe_contact=SAFE)
    return cast


@pytest.fixture
def named(cast):
    """A guardian of さくら in the roster, their letter's code, and an account."""
    cast.hikaru = Guardian.objects.create(
        municipality=cast.city, source_id="g-1", family_name="加賀", given_name="ひかる"
    )
    factories.guardianship(cast.hikaru, cast.sakura)
    ((_, cast.code),) = letters.issue_guardian_letters([cast.hikaru], by=cast.office.user)
    cast.account = factories.user("hidden@mail.example")
    return cast


# -- what is asked -----------------------------------------------------------------------------------


def test_the_question_is_about_the_child_and_a_safe_contact_may_be_given(cast, sign_in):
    _, code = child_letter(cast.ren, cast.office.user)
    client = sign_in(factories.user("hidden@mail.example"))
    page = scan(client, code).content.decode()
    assert QUESTION in page
    assert "安全に連絡できる電話番号や時間" in page
    come_in(client, code, has_secret="yes", safe_contact=SAFE)
    registration = GuardianRegistration.objects.get()
    assert (registration.has_secret, registration.safe_contact) == (True, SAFE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT safe_contact FROM registration_guardianregistration")
        assert "090" not in cursor.fetchone()[0]


@pytest.mark.parametrize("text", ["あ" * 201, "090\u200b1234"])
def test_a_safe_contact_too_long_or_with_invisible_characters_is_asked_again(cast, sign_in, text):
    _, code = child_letter(cast.ren, cast.office.user)
    client = sign_in(factories.user("hidden@mail.example"))
    assert come_in(client, code, has_secret="yes", safe_contact=text).status_code == 422
    assert not GuardianRegistration.objects.exists()


def test_where_there_is_no_secret_no_contact_is_kept(cast, sign_in):
    _, code = child_letter(cast.ren, cast.office.user)
    come_in(sign_in(factories.user("a@mail.example")), code, safe_contact=SAFE)
    assert GuardianRegistration.objects.get().safe_contact == ""


def test_a_guardian_whom_the_roster_names_is_asked_as_well(named, sign_in):
    client = sign_in(named.account)
    assert QUESTION in scan(client, named.code).content.decode()
    sent = {"has_secret": "yes", "tells_others": "yes", "safe_contact": SAFE}
    assert client.post(ACCEPT, sent).url == "/"
    registration = GuardianRegistration.objects.get()
    assert (registration.has_secret, registration.tells_others, registration.safe_contact) == (
        True,
        False,
        SAFE,
    )
    guardianship = Guardianship.objects.get(guardian=named.hikaru)
    assert not guardianship.must_stay_unknown
    for post in (named.nurse, named.counsellor):
        say_yes(named.hikaru, post.user)
    guardianship.refresh_from_db()
    assert guardianship.must_stay_unknown
    others = Guardianship.objects.exclude(guardian=named.hikaru)
    assert not others.filter(must_stay_unknown=True).exists()


# -- no call to the number the school holds ----------------------------------------------------------


def test_a_call_to_the_number_the_school_holds_is_neither_recorded_nor_confirms(secret):
    nurse = factories.User.objects.get(pk=secret.nurse.user_id)
    found, refused = evidence.record_evidence(
        [secret.registration.pk], EvidenceKind.CALL_BACK, by=nurse
    )
    assert not found
    assert refused[0][1] == evidence.NO_CALL_BACK
    with pytest.raises(registrations.CannotConfirm, match="家にある番号に電話しません"):
        confirm(secret.registration, secret.nurse.user, kind="call_back")
    assert not RegistrationEvidence.objects.exists()
    confirm(secret.registration, secret.nurse.user, kind="meeting")
    assert RegistrationEvidence.objects.get().kind == EvidenceKind.MEETING


@pytest.mark.parametrize("has_secret", [True, False])
def test_the_first_screen_promises_no_call_home_to_who_has_a_secret(cast, sign_in, has_secret):
    registration = come(
        letter_of(cast.ren, by=cast.office.user), "new@mail.example", has_secret=has_secret
    )
    page = sign_in(registration.user).get("/").content.decode()
    assert ("学校が前から知っている番号に" in page) is not has_secret
    assert ("家にある番号には電話しません" in page) is has_secret


def test_the_row_warns_everybody_and_shows_the_mail_to_the_lead_alone(cast, sign_in):
    come(letter_of(cast.ren, by=cast.office.user), "hidden@mail.example", has_secret=True)
    for post, sees in ((cast.nurse, False), (cast.principal, True), (cast.officer, True)):
        page = sign_in(post.user).get(LIST).content.decode()
        assert NO_CALL in page
        assert ("hidden@mail.example" in page) is sees


# -- the lead ----------------------------------------------------------------------------------------


def test_the_lead_who_printed_the_letter_sees_who_waits_and_may_not_confirm(secret, sign_in):
    desk = sign_in(secret.principal.user)
    page = desk.get(LIST).content.decode()
    assert secret.registration.guardian.full_name in page
    assert "hidden@mail.example" in page
    assert SAFE not in page
    assert 'name="registration"' not in page
    with pytest.raises(registrations.CannotConfirm):
        confirm(secret.registration, secret.principal.user)
    assert TILE in desk.get(TODAY).content.decode()


def test_how_to_reach_them_is_read_by_lead_and_city_and_each_opening_is_on_record(secret, sign_in):
    url = contact_url(secret.registration)
    opened = AuditEvent.objects.filter(action=Action.SEALED_OPENED)
    for post in (secret.nurse, secret.counsellor, secret.office, secret.homeroom):
        assert sign_in(post.user).get(url).status_code in (403, 404)
    assert not opened.exists()
    for post in (secret.principal, secret.officer):
        desk = sign_in(post.user)
        assert SAFE in desk.get(url).content.decode()
        event = opened.get(actor_id=post.user_id)
        assert (event.subject_id, event.fields) == (secret.ren.pk, ["safe_contact"])
        assert event.audience == Audience.PROTECTIVE
    assert opened.count() == 2


def test_who_waits_behind_a_full_page_is_called_and_counted_too(secret, sign_in, monkeypatch):
    monkeypatch.setattr(safe_contacts, "MAX_LISTED", 1)
    letter = letter_of(secret.sakura, by=secret.office.user, code="WXYZ2345EFGH")
    later = come(letter, "later@mail.example", has_secret=True, safe_contact="夜だけ")
    lead = sign_in(secret.principal.user)
    assert "夜だけ" in lead.get(contact_url(later)).content.decode()
    assert safe_contacts.count_to_call(secret.principal.user) == 2


def test_a_lead_of_another_school_and_a_lead_of_the_family_learn_nothing(secret, sign_in):
    away = factories.staff_post(Role.PRINCIPAL, secret.away_school, name="ほかの校長")
    kin = factories.staff_post(Role.PRINCIPAL, secret.school, name="親の校長")
    own_card = Guardian.objects.create(
        municipality=secret.city, source_id="g-kin", family_name="加賀", given_name="おや",
        user=kin.user,
    )  # fmt: skip
    factories.guardianship(own_card, secret.ren)
    for post in (away, kin):
        assert sign_in(post.user).get(contact_url(secret.registration)).status_code == 404
        assert "hidden@mail.example" not in sign_in(post.user).get(LIST).content.decode()
    assert kin.user not in safe_contacts.leads_to_mail(secret.registration)


def test_the_lead_is_told_at_once_by_one_mail_without_names(cast, sign_in, mailoutbox):
    _, code = child_letter(cast.ren, cast.office.user)
    client = sign_in(factories.user("hidden@mail.example"))
    mailoutbox.clear()
    come_in(client, code, has_secret="yes", safe_contact=SAFE)
    mails = [mail for mail in mailoutbox if str(safe_contacts.SUBJECT) in mail.subject]
    assert [mail.to for mail in mails] == [[cast.principal.user.email]]
    for hidden in ("ひかる", "れん", "090", "hidden@"):
        assert hidden not in mails[0].body + mails[0].subject
    come_in(client, code, has_secret="yes")  # a repeated request
    assert len([m for m in mailoutbox if str(safe_contacts.SUBJECT) in m.subject]) == 1


def test_the_lead_is_told_of_a_guardian_whom_the_roster_names(named, mailoutbox):
    mailoutbox.clear()
    letters.accept_guardian_letter(named.code, named.account, has_secret=True)
    assert [mail.to for mail in mailoutbox] == [[named.principal.user.email]]


def test_the_city_is_told_where_a_school_has_no_lead(secret, sign_in, mailoutbox):
    city = sign_in(secret.officer.user)
    assert TILE not in city.get(TODAY).content.decode()
    StaffPost.objects.filter(pk=secret.principal.pk).delete()
    assert TILE in sign_in(secret.officer.user).get(TODAY).content.decode()
    mailoutbox.clear()
    safe_contacts.mail_leads(secret.registration)
    assert [mail.to for mail in mailoutbox] == [[secret.officer.user.email]]


# -- the language ------------------------------------------------------------------------------------


def test_the_language_stands_on_the_list_and_on_the_guardians_page(cast, sign_in):
    registration = come(letter_of(cast.sakura, by=cast.office.user), "viet@mail.example")
    Guardian.objects.filter(pk=registration.guardian_id).update(language="vi")
    assert "Tiếng Việt" in sign_in(cast.nurse.user).get(LIST).content.decode()
    confirm(registration, cast.nurse.user)
    page = reverse("admin:people_guardian_change", args=[registration.guardian_id])
    assert "Tiếng Việt" in sign_in(cast.nurse.user).get(page).content.decode()
