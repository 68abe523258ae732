"""An informed guardian reads and is asked nothing; a guardian who may become one learns it
beforehand.
"""

import pytest
from django.urls import reverse

from apps.consent.models import ConsentReceipt, Purpose, Response
from apps.consent.services.purpose_status import (
    CannotDecide,
    party_of,
    siblings_with_same_questions,
    statuses_for,
    statuses_for_guardian,
)
from apps.consent.services.respondents import statuses_to_answer
from apps.people.models import Guardianship, GuardianStanding, Relation
from apps.selfinfo.services import offers, sessions
from tests import factories
from tests.consent.test_unconfirmed_guardians import ATTENDANCE, comes_by_letter, confirm, say

HOME = reverse("portal:home")
COUNTS = "学校の確認のあとに数えます"


@pytest.fixture
def town(cast):
    """さくら with みどり; ひかる, a grandmother by a letter, is informed. The income is asked too."""
    for purpose in (ATTENDANCE, Purpose.INCOME):
        factories.policy(cast.city, purpose)
        factories.document(cast.city, purpose)
    cast.hikaru = comes_by_letter(
        cast.sakura, "ひかる", "hikaru@example.com", relation=Relation.GRANDPARENT
    )
    return cast


@pytest.fixture
def informed(town):
    confirm(town.hikaru, GuardianStanding.INFORMED)
    return town


def page(name, *args):
    return reverse(f"consent:{name}", args=args)


# -- who is informed ------------------------------------------------------------------------------------


def test_nothing_is_asked_of_an_informed_guardian_and_nothing_counted_as_theirs(informed, sign_in):
    client, student = sign_in(informed.hikaru.user), informed.sakura
    say(student, informed.midori.user)
    say(student, student.user)
    states = statuses_for(student, informed.hikaru.user)
    assert len(states) == 2
    assert not any(state.may_decide or state.is_open or state.may_withdraw for state in states)
    assert not any(s.is_open for s in statuses_for_guardian(student, informed.hikaru))
    for shown in (client.get(HOME), client.get(page("overview", student.pk))):
        text = shown.content.decode()
        assert "お子さんの答えは、ここには出ません" in text
        assert not any(
            word in text
            for word in ("まだ返事を", "まだこたえて", "返事をする", "やめる", "?then=check")
        )


def test_an_informed_guardian_reads_every_text_and_sends_nothing(informed, sign_in):
    client, student = sign_in(informed.hikaru.user), informed.sakura
    for state in statuses_for(student, informed.hikaru.user):
        address = page("ask", student.pk, state.purpose)
        assert address in client.get(page("overview", student.pk)).content.decode()
        shown = client.get(address)
        text = shown.content.decode()
        assert shown.status_code == 200
        assert state.document.question in text
        assert "知らせを受ける保護者" in text
        assert 'name="response"' not in text
        sent = {"response": "given", "document": state.document.pk}
        assert client.post(address, sent).status_code == 404
        assert client.get(page("withdraw", student.pk, state.purpose)).status_code == 404
        assert client.post(page("withdraw", student.pk, state.purpose)).status_code == 404
    with pytest.raises(CannotDecide):
        say(student, informed.hikaru.user)
    assert not ConsentReceipt.objects.exists()


def test_what_was_begun_while_waiting_is_not_sent_once_informed(town, sign_in):
    client, student = sign_in(town.hikaru.user), town.sakura
    document = town.city.consentdocument_set.get(purpose=ATTENDANCE)
    sent = {"response": "given", "document": document.pk, "then": "check"}
    client.post(page("ask", student.pk, ATTENDANCE), sent)
    key = client.get(page("check", student.pk)).context["form_key"]
    confirm(town.hikaru, GuardianStanding.INFORMED)
    assert "まだ送っていない" not in client.get(page("overview", student.pk)).content.decode()
    answer = client.post(page("check", student.pk), {"form_key": key})
    assert answer.url == page("overview", student.pk)
    assert not ConsentReceipt.objects.exists()


def test_the_receipt_of_who_is_informed_since_says_that_it_does_not_count(town, sign_in):
    receipt = say(town.sakura, town.hikaru.user)
    client = sign_in(town.hikaru.user)
    confirm(town.hikaru, GuardianStanding.INFORMED)
    text = client.get(page("receipt", receipt.pk)).content.decode()
    assert "いまは数えていません" in text
    assert not any(word in text for word in ("返事がそろったとき", "「やめる」を", COUNTS))


def test_an_informed_guardian_is_sent_to_no_portal_of_the_state(informed, sign_in):
    for purpose in (Purpose.INCOME,):
        say(informed.sakura, informed.midori.user, purpose=purpose)
        say(informed.sakura, informed.sakura.user, purpose=purpose)
    client, user = sign_in(informed.hikaru.user), informed.hikaru.user
    assert offers.offers_for(informed.sakura, informed.midori.user)
    assert offers.offers_for(informed.sakura, user) == []
    assert not offers.students_for_guardian(user).exists()
    address = reverse("selfinfo:begin", args=[informed.sakura.pk])
    for shown in (client.get(HOME), client.get(page("overview", informed.sakura.pk))):
        assert address not in shown.content.decode()
    assert client.get(address).status_code == 404
    with pytest.raises(sessions.CannotBeginSession):
        sessions.begin_session(informed.sakura, user, [Purpose.INCOME], browser="x")


def test_an_answer_goes_along_to_no_sibling_of_whom_one_is_only_informed(informed):
    user = informed.hikaru.user
    Guardianship.objects.create(
        municipality=informed.city, guardian=informed.hikaru, student=informed.ren
    )
    assert not siblings_with_same_questions(informed.ren, user, [ATTENDANCE]).exists()
    assert not siblings_with_same_questions(informed.sakura, user, [ATTENDANCE]).exists()


def test_an_account_with_two_ties_speaks_by_the_one_that_decides(informed, sign_in):
    user = informed.hikaru.user
    named = factories.guardian(informed.sakura, "ひかる", "spare@example.com")
    type(named).objects.filter(pk=named.pk).update(user=user)
    assert party_of(user, informed.sakura)[1] == named
    assert all(state.may_decide for state in statuses_for(informed.sakura, user))
    assert say(informed.sakura, user).guardian_id == named.pk
    client = sign_in(user)
    assert (
        'name="response"'
        in client.get(page("ask", informed.sakura.pk, ATTENDANCE)).content.decode()
    )


# -- who waits ------------------------------------------------------------------------------------------

HEARS = "知らせを受けるだけの保護者"


@pytest.mark.parametrize(("relation", "hears"), [
    ("mother", False), ("father", False), ("adoptive", False), ("grandparent", True),
    ("foster", True), ("legal", True), ("home_head", True), ("home_staff", True), ("other", True),
])  # fmt: skip
def test_who_may_come_to_be_informed_only_hears_it_before_answering(town, sign_in, relation, hears):
    Guardianship.objects.filter(guardian=town.hikaru).update(relation=relation)
    client, student = sign_in(town.hikaru.user), town.sakura
    ask, check = page("ask", student.pk, ATTENDANCE), page("check", student.pk)
    shown = [client.get(page("overview", student.pk)), client.get(ask)]
    document = town.city.consentdocument_set.get(purpose=ATTENDANCE)
    client.post(ask, {"response": "given", "document": document.pk, "then": "check"})
    shown.append(client.get(check))
    sent = client.post(check, {"form_key": shown[-1].context["form_key"]})
    shown += [client.get(sent.url), client.get(page("overview", student.pk))]
    pages = [each.content.decode() for each in shown]
    if hears:
        assert all(HEARS in text for text in pages)
        assert not any(COUNTS in text for text in pages)
    else:
        assert not any(HEARS in text for text in pages)
        assert all(COUNTS in text for text in pages[2:])


def test_the_badge_of_what_is_not_answered_promises_no_counting(town, sign_in):
    Guardianship.objects.filter(guardian=town.hikaru).update(relation="mother")
    say(town.sakura, town.hikaru.user)
    say(town.sakura, town.hikaru.user, Response.LATER, Purpose.INCOME)
    why = {s.purpose: s.why for s in statuses_to_answer(town.sakura, town.hikaru.user)}
    assert why == {ATTENDANCE: "waiting_school", Purpose.INCOME: "waiting_answer"}
    text = sign_in(town.hikaru.user).get(page("overview", town.sakura.pk)).content.decode()
    assert text.count(f">{COUNTS}</span>") == text.count("まだ返事をしていません") == 1
