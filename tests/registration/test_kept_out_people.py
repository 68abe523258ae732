"""Somebody kept out before they ever came: refused as an unknown person, and only two people end it."""

import uuid

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.consent.services.telephone_answers import _check_guardian
from apps.people.models import GuardianStanding, KeptOutPerson, PendingAct, Role, User
from apps.people.person_match_rules import TypedPerson
from apps.people.services import act_queries, kept_out_people, overdue_acts, pending_acts
from apps.registration.admin.newcomer_facts import facts_against
from apps.registration.confirmation_rules import is_ordinary, requires_lead
from apps.registration.services import newcomers
from apps.registration.services.letters import NOT_USABLE, CannotAccept
from apps.registration.services.registrations import load_context
from apps.signin.services import access_recovery
from tests import factories
from tests.registration.confirmation_helpers import come, guardianship_of, letter_of

FATHER = TypedPerson("加賀", "ちち", "カガ", "チチ", "Father@Mail.example", "090-1234-5678")
SENT = {"why": "danger", "reason": "危険があるため、すぐに止める", "document_number": "教学 第7号"}


def again(post):
    return User.objects.get(pk=post.user_id)


def keep_out(cast, person=FATHER, by=None, student=None, **more):
    sent = {"form_key": uuid.uuid4(), **SENT, **more}
    by = again(by or cast.principal)
    return kept_out_people.keep_out_person(student or cast.sakura, person, by=by, **sent)


def let_in(cast, row):
    reason = "裁判所の決定がかわったため"
    act = kept_out_people.propose_let_person_in(row, by=again(cast.principal), reason=reason)
    kept_out_people.carry_out_kept_out_people()
    assert KeptOutPerson.objects.in_force().filter(pk=row.pk).exists()
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=again(cast.principal))
    pending_acts.confirm(act, by=again(cast.officer))
    kept_out_people.carry_out_kept_out_people()


def test_nothing_of_the_person_can_be_read_and_the_act_is_of_two(cast):
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    key = uuid.uuid4()
    act = keep_out(cast, form_key=key)
    assert keep_out(cast, form_key=key) == act  # the same form twice
    row = KeptOutPerson.objects.get()
    stored = f"{row.name_digests}{row.contact_digests}{act.payload}{act.title}"
    for word in ("加賀", "father", "09012345678", cast.sakura.given_name):
        assert word not in stored
    events = AuditEvent.objects.filter(thing="people.KeptOutPerson")
    assert [(e.fields, e.subject_id, e.audience) for e in events] == [
        (["reason"], cast.sakura.pk, "office")
    ]
    assert act_queries.why_not_confirm(act, again(cast.officer)) == ""
    assert "もどりません" in act_queries.why_not_stop(act, again(cast.officer))
    assert act in overdue_acts.act_queries.acts_visible_to(again(cast.officer))
    pending_acts.confirm(act, by=again(cast.privacy))
    kept_out_people.carry_out_kept_out_people()
    let_in(cast, row)
    assert not KeptOutPerson.objects.in_force().exists()
    with pytest.raises(pending_acts.CannotAct, match="もう"):
        kept_out_people.propose_let_person_in(row, by=again(cast.principal), reason=SENT["reason"])


def test_wrong_input_the_own_family_and_a_guardian_who_is_there_are_refused(cast):
    for wrong in ({"why": "x"}, {"document_number": " "}, {"person": TypedPerson("加賀")}):
        with pytest.raises(pending_acts.CannotAct):
            keep_out(cast, **wrong)
    with pytest.raises(pending_acts.CannotAct, match="続柄"):
        keep_out(cast, TypedPerson(mail=cast.midori.user.email.upper()))
    with pytest.raises(pending_acts.CannotAct):
        keep_out(cast, by=cast.homeroom)
    type(cast.midori).objects.filter(pk=cast.midori.pk).update(user=cast.principal.user)
    with pytest.raises(pending_acts.CannotAct, match="自分の子ども"):
        keep_out(cast)
    assert not KeptOutPerson.objects.exists()
    assert not PendingAct.objects.exists()


@pytest.mark.parametrize("way", ["mail", "phone"])
def test_the_same_address_or_number_meets_the_words_of_an_unknown_letter(cast, way):
    keep_out(cast)
    letter = letter_of(cast.sakura, by=cast.office.user)
    mail = "father+2@mail.example" if way == "mail" else "other@mail.example"
    user = User.objects.create_user(username="new", email=mail)
    newcomer = newcomers.Newcomer(
        "father", way == "phone", False, "別", "名前", safe_contact="夜に 09012345678"
    )
    with pytest.raises(CannotAccept) as refused:
        newcomers.accept_child_letter(letter, user, newcomer)
    assert str(refused.value) == str(NOT_USABLE)
    other = letter_of(cast.ren, by=cast.office.user, code="WXYZ2345EFGH")
    assert newcomers.accept_child_letter(other, user, newcomer)  # another child: as anybody


def test_who_only_has_the_name_waits_for_two_people_who_read_that_it_fits(cast):
    letter = letter_of(cast.sakura, by=cast.office.user)
    early = come(letter, "father@mail.example", relation="father", given="はやい")
    keep_out(cast)
    came = come(letter, "namesake@mail.example", relation="father", given="ちち")
    type(came.guardian).objects.filter(pk=came.guardian_id).update(
        family_name="加賀", given_name="ちち"
    )
    came.refresh_from_db()
    context = load_context(came, again(cast.principal))
    assert (context.n_needed, is_ordinary(context.facts), requires_lead(context.facts)) == (
        2, False, True,
    )  # fmt: skip
    assert not context.facts.is_kept_out
    assert any("同じです。別の人かも" in words for words in facts_against(context.facts))
    # who waited already, with the address: on no list, and no call counts
    assert load_context(early, again(cast.principal)).facts.is_kept_out
    with pytest.raises(CannotEnterAnswers):
        _check_guardian(cast.sakura.pk, early.guardian_id)
    assert guardianship_of(early).standing == GuardianStanding.WAITING


def test_every_new_guardianship_of_the_child_waits_for_two_while_it_stands(cast):
    keep_out(cast)
    aunt = factories.guardian(cast.sakura, "おば", "aunt@example.com")
    assert aunt.guardianships.get().standing == GuardianStanding.KEPT_OUT
    assert cast.midori.guardianships.get().standing == GuardianStanding.DECIDES
    let_in(cast, KeptOutPerson.objects.get())
    assert aunt.guardianships.get().standing == GuardianStanding.KEPT_OUT  # two let her in
    aunt.guardianships.update(standing=GuardianStanding.DECIDES)
    uncle = factories.guardian(cast.sakura, "おじ", "uncle@example.com")
    assert uncle.guardianships.get().standing == GuardianStanding.DECIDES


def test_a_lost_account_is_not_given_the_address(cast):
    keep_out(cast)
    act = access_recovery.propose_recovery(
        cast.midori.user,
        "father@mail.example",
        by=again(cast.office),
        reason="学校で会って確かめた",
    )
    pending_acts.confirm(act, by=again(cast.officer))
    before = cast.midori.user.email
    access_recovery.apply_recoveries()
    act.refresh_from_db()
    assert act.done_at
    assert User.objects.get(pk=cast.midori.user_id).email == before


def test_the_pages_of_lead_and_city(cast, sign_in):
    page = reverse("admin:people_keptoutperson_begin", args=[cast.sakura.pk])
    client = sign_in(cast.principal.user)
    student = reverse("admin:people_student_change", args=[cast.sakura.pk])
    assert page in client.get(student).text
    assert page not in sign_in(cast.homeroom.user).get(student).text
    assert "すぐに効きます" in client.get(page).text
    typed = {**SENT, "mail": "father@mail.example", "form_key": uuid.uuid4()}
    assert client.post(page, {**typed, "why": ""}).status_code == 422
    assert client.post(page, {**typed, "mail": ""}).status_code == 422
    answers = [client.post(page, typed) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}
    row = KeptOutPerson.objects.get()
    for address in (
        reverse("admin:people_keptoutperson_changelist"),
        reverse("admin:people_keptoutperson_change", args=[row.pk]),
        reverse("admin:people_keptoutperson_end", args=[row.pk]),
    ):
        assert client.get(address).status_code == 200
        for who in (cast.homeroom, cast.nurse, cast.away_nurse):
            assert sign_in(who.user).get(address).status_code in (403, 404)
    for who in (cast.homeroom, cast.nurse, cast.office):
        assert sign_in(who.user).get(page).status_code == 403
    end = reverse("admin:people_keptoutperson_end", args=[row.pk])
    assert client.post(end, {"reason": ""}).status_code == 422
    assert client.post(end, {"reason": "決定がかわったため"}).status_code == 302
    assert PendingAct.objects.filter(kind="person.let_in", thing_id=str(row.pk)).exists()
