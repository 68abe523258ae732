"""The staff pages of answers by telephone: what is noted, refused and shown to whom."""

import pytest
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.consent.models import (
    ConsentReceipt,
    TelephoneAnswer,
)
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.people.models import Role
from tests import factories
from tests.browser import form_on
from tests.consent.telephone_helpers import (
    ATTENDANCE,
    NO,
    YES,
    confirm,
    guardianship_of,
    linked,
    note,
    page,
    the_key,
    town,
)

__all__ = ["linked", "town"]


def filled(client, town, **answers):
    sent = form_on(client.get(page("call", guardianship_of(town).pk)), having="form_key")
    return {
        **sent,
        "known_by": "number_held",
        "spoke": "interpreter",
        "read_aloud": "on",
        **answers,
    }


def test_from_the_call_to_the_letter_in_admin(linked, sign_in):
    homeroom, principal = sign_in(linked.homeroom.user), sign_in(linked.principal.user)
    listed = homeroom.get(page("choose"), {"school_class": linked.class_1.pk}).content.decode()
    assert page("call", guardianship_of(linked).pk) in listed
    read = homeroom.get(page("call", guardianship_of(linked).pk)).content.decode()
    assert "何を:" in read and "お子さん本人やきょうだいに通訳をたのみません" in read
    sent = filled(homeroom, linked, attendance="withdrawn", grades="given")
    done = homeroom.post(
        page("call", guardianship_of(linked).pk), sent, follow=True
    ).content.decode()
    assert "いまから使われません" in done and "返事のとおりだと確かめた" not in done
    homeroom.post(page("call", guardianship_of(linked).pk), sent)
    call = TelephoneAnswer.objects.get()
    letter = homeroom.get(page("letter", call.pk)).content.decode()
    assert "もう使っていません" in letter and "取り下げ" in letter
    assert "二人目まち" in principal.get(reverse("admin:index")).content.decode()
    shown = principal.get(page("change", call.pk)).content.decode()
    assert "返事のとおりだと確かめた" in shown
    how = {"how": "called_back"}
    assert (
        "確かめました"
        in principal.post(page("confirm", call.pk), how, follow=True).content.decode()
    )
    letter = principal.get(page("letter", call.pk)).content.decode()
    assert str(ConsentReceipt.objects.get(channel="telephone").pk) in letter
    assert the_key(linked) is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"known_by": ""}, "どう確かめたかを選んでください"),
        ({"spoke": "child"}, "だれが話したかを選んでください"),
        ({"attendance": "nonsense"}, "返事を選びなおしてください"),
        ({"attendance": ""}, "1つは入れてください"),
        ({"read_aloud": ""}, "読み上げてから"),
        ({"known_by": "called_in"}, "かけなおしてください"),
        ({"shown": "\x00old"}, "説明が新しくなりました"),
        ({"form_key": "x"}, "もう一度開いてください"),
    ],
)
def test_what_cannot_be_noted_comes_back_with_a_sentence(town, sign_in, changed, sentence):
    homeroom = sign_in(town.homeroom.user)
    sent = {**filled(homeroom, town, attendance="given"), **changed}
    if "\x00" in sent["shown"]:
        sent["shown"] = "old"
    answer = homeroom.post(page("call", guardianship_of(town).pk), sent)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not TelephoneAnswer.objects.exists()


def test_answers_to_words_that_changed_meanwhile_are_asked_again(town, sign_in):
    homeroom = sign_in(town.homeroom.user)
    sent = filled(homeroom, town, attendance="given")
    factories.next_document(town.city, ATTENDANCE, by=town.officer.user)
    back = homeroom.post(page("call", guardianship_of(town).pk), sent)
    assert back.status_code == 422
    again = form_on(back, having="form_key")
    assert again.get("attendance", "") == "" and again["shown"] != sent["shown"]


def test_a_refused_confirmation_says_why_and_changes_nothing(town, sign_in):
    call = note(town, YES)
    same = sign_in(town.homeroom.user).post(page("confirm", call.pk), {"how": "listened"})
    assert same.status_code == 422 and "ほかの人が確かめます" in same.content.decode()
    bare = sign_in(town.principal.user).post(page("confirm", call.pk), {"how": "\u3042"})
    assert bare.status_code == 422 and "どうやって確かめたか" in bare.content.decode()
    sign_in(town.principal.user).get(page("confirm", call.pk))
    assert not ConsentReceipt.objects.exists()


def test_a_child_of_another_class_or_school_is_not_there(town, sign_in):
    call = note(town, YES)
    far_class = factories.school_class(town.away_school, "1年1組", "A1")
    head = factories.staff_post(Role.PRINCIPAL, town.away_school, name="となりの校長")
    other = factories.staff_post(
        Role.HOMEROOM, town.school, in_class=town.class_2, name="2年の担任"
    )
    for user in (head.user, other.user):
        away = sign_in(user)
        assert away.get(page("call", guardianship_of(town).pk)).status_code == 404
        assert away.post(page("call", guardianship_of(town).pk), {}).status_code == 404
        for name in ("confirm", "drop", "letter"):
            assert away.get(page(name, call.pk)).status_code == 404
        for name in ("confirm", "drop"):
            assert away.post(page(name, call.pk), {"how": "listened"}).status_code == 404
        with pytest.raises(CannotEnterAnswers, match="立場ではありません"):
            confirm(town, call, by=user)
    assert str(far_class.pk) not in sign_in(town.homeroom.user).get(page("choose")).content.decode()


@pytest.mark.parametrize("who", ["nurse", "office", "helpdesk"])
def test_others_have_no_pages_of_it(town, sign_in, who):
    call = note(town, YES)
    staff = sign_in(getattr(town, who).user)
    for name, args in (
        ("choose", ()), ("call", (guardianship_of(town).pk,)), ("letter", (call.pk,)), ("changelist", ()),
    ):  # fmt: skip
        assert staff.get(page(name, *args)).status_code == 403


def test_each_step_is_on_record_without_the_answers(linked):
    call = note(linked, NO)
    confirm(linked, call)
    events = AuditEvent.objects.filter(
        action=Action.RECORD_CHANGED, thing_id=str(call.pk)
    ).order_by("pk")
    assert [(e.actor_id, e.fields) for e in events] == [
        (linked.homeroom.user.pk, ["state"]), (linked.principal.user.pk, ["state"]),
    ]  # fmt: skip
    assert not any("withdrawn" in str(vars(event)) for event in events)
