"""What a guardian who must not know reads is the same with and without a hidden guardian's answers.

さくら has みどり, whom the roster names, and a mother who came by letter and must stay unknown. Her
twin has a guardian like みどり and nobody else.
"""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import ConsentMessage, DeletionCertificate, Purpose, Response
from apps.consent.services.decisions import decide, withdraw
from apps.consent.services.purpose_status import is_effective, receipts_readable_by, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.disclosure.services.access_days import all_access_days
from apps.people.models import Guardianship, GuardianStanding
from apps.registration.models import InvitationLetter
from apps.registration.services import own_guardianships
from apps.vault.models import SubjectKey
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, letter_of

GRADES = Purpose.GRADES
GIVEN, REFUSED, LATER, WITHDRAWN = (
    Response.GIVEN, Response.REFUSED, Response.LATER, Response.WITHDRAWN,
)  # fmt: skip


def say(student, user, response=GIVEN):
    return decide(student=student, actor=user, answers={GRADES: response}, form_key=uuid.uuid4())


def pages_of(student):
    return [
        "/",
        reverse("consent:overview", args=[student.pk]),
        reverse("consent:ask", args=[student.pk, GRADES]),
        reverse("disclosure:personal_data", args=[student.pk]),
        reverse("disclosure:access_log", args=[student.pk]),
    ]


class Family:
    """A child and the guardian whom the roster names, and all that this guardian reads."""

    def __init__(self, student, guardian, sign_in, mailoutbox):
        self.student, self.user = student, guardian.user
        self.client, self.mails = sign_in(guardian.user), mailoutbox

    def reads(self):
        """Every page, message, mail, line of the log and certificate of the known guardian."""
        return {
            "pages": [self._page(url) for url in pages_of(self.student)],
            "messages": sorted(
                ConsentMessage.objects.filter(user=self.user).values_list("kind", "why")
            ),
            "mails": [mail.subject for mail in self.mails if self.user.email in mail.to],
            "log": all_access_days(self.student, self.user),
            "states": [
                (s.purpose, s.why, s.pause, s.is_damaged, s.is_open, s.may_withdraw)
                for s in statuses_for(self.student, self.user)
            ],
            "certificates": len(self._certificates()),
            "receipts": receipts_readable_by(self.user).filter(student=self.student).count(),
        }

    def _certificates(self):
        from_page = self.client.get(pages_of(self.student)[1]).content.decode()
        return [
            pk
            for pk in DeletionCertificate.objects.values_list("pk", flat=True)
            if str(pk) in from_page
            or self.client.get(reverse("consent:certificate", args=[pk])).status_code == 200
        ]

    def _page(self, url):
        answer = self.client.get(url)
        text = answer.content.decode()
        text = text[text.find("<main") :]
        for own, same in (
            (str(self.student.pk), "CHILD"), (self.student.given_name, "NAME"),
            (r"\d\d?:\d\d", "TIME"), (r'value="[A-Za-z0-9-]{30,}"', ""),
            (r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID"), (r"\d+番", "NUMBER"),
        ):  # fmt: skip
            text = re.sub(own, same, text)
        return answer.status_code, text


@pytest.fixture
def families(cast, sign_in, mailoutbox):
    """(family with a hidden guardian, her account, the twin family without)."""
    factories.policy(cast.city, GRADES)
    factories.document(cast.city, GRADES)
    twin = factories.student(cast.class_1, "ふたご", number=30)
    other = factories.guardian(twin, "みなと", "minato@example.com")
    letter = letter_of(cast.sakura, by=cast.office.user)
    registration = come(letter, "hidden@mail.example", has_secret=True)
    confirm(registration, cast.nurse.user)
    confirm(registration, cast.counsellor.user, kind="")
    tie = Guardianship.objects.get(guardian__user=registration.user)
    assert (tie.standing, tie.must_stay_unknown) == (GuardianStanding.DECIDES, True)
    return (
        Family(cast.sakura, cast.midori, sign_in, mailoutbox), registration.user,
        Family(twin, other, sign_in, mailoutbox),
    )  # fmt: skip


@pytest.mark.parametrize("child_says", [None, GIVEN, REFUSED])
@pytest.mark.parametrize("hidden_says", [GIVEN, REFUSED, LATER])
def test_an_answer_of_the_hidden_guardian_changes_nothing_for_who_has_not_answered(
    families, hidden_says, child_says
):
    family, hidden, twin = families
    if child_says:
        for each in (family, twin):
            say(each.student, each.student.user, child_says)
    before = family.reads()
    assert before == twin.reads()
    for response in (hidden_says, WITHDRAWN, hidden_says):
        say(family.student, hidden, response)
        reconcile_all()
        assert family.reads() == before
    assert not is_effective(family.student, GRADES)
    own_guardianships.end_own_guardianship(family.student.pk, by=hidden)
    reconcile_all()
    assert family.reads() == before == twin.reads()


@pytest.mark.parametrize("order", [("hidden", "child", "known"), ("known", "hidden", "child")])
def test_with_a_yes_of_the_hidden_guardian_it_goes_as_in_the_family_without_her(families, order):
    family, hidden, twin = families
    for who in order:
        if who == "hidden":
            say(family.student, hidden)
        else:
            for each in (family, twin):
                say(each.student, each.user if who == "known" else each.student.user)
        reconcile_all()
        assert family.reads() == twin.reads()
    assert is_effective(family.student, GRADES)
    assert is_effective(twin.student, GRADES)
    own_guardianships.end_own_guardianship(family.student.pk, by=hidden)
    reconcile_all()
    assert family.reads() == twin.reads()
    for each in (family, twin):
        withdraw(student=each.student, actor=each.user, purpose=GRADES, form_key=uuid.uuid4())
    assert family.reads() == twin.reads()
    assert not is_effective(family.student, GRADES)


def linked(families):
    for each in families[::2]:
        for user in (each.user, each.student.user):
            say(each.student, user)


@pytest.mark.parametrize("response", [REFUSED, WITHDRAWN, LATER])
def test_a_no_of_the_hidden_guardian_ends_the_key_at_once_and_tells_no_moment(families, response):
    family, hidden, _ = families
    linked(families)
    before = family.reads()
    say(family.student, hidden, response)
    assert not SubjectKey.objects.filter(student=family.student, purpose=GRADES).exists()
    reconcile_all()
    after = family.reads()
    for same in ("messages", "mails", "log", "certificates", "receipts"):
        assert after[same] == before[same], same
    assert [state[1:4] for state in after["states"]] == [("not_shown", None, False)]
    child = ConsentMessage.objects.filter(user=family.student.user, kind="ended")
    assert child.exists()  # who hides from others does not hide from the child
    say(family.student, hidden)
    reconcile_all()
    assert is_effective(family.student, GRADES)
    again = family.reads()
    for same in ("messages", "log", "certificates"):
        assert again[same] == before[same], same


def test_what_the_known_guardian_then_reads_is_what_they_read_when_the_child_said_no(families):
    family, hidden, twin = families
    for each in (family, twin):
        say(each.student, each.user)
    say(family.student, family.student.user)
    say(family.student, hidden, REFUSED)
    say(twin.student, twin.student.user, REFUSED)
    page = reverse("consent:overview", args=[family.student.pk])
    shown = family.client.get(page).content.decode()
    assert "お子さんの答えは、ここには出ません" in shown
    assert "本人の希望" not in shown
    other = reverse("consent:overview", args=[twin.student.pk])
    assert family._page(page) == twin._page(other)


def test_the_end_of_a_refusal_with_her_guardianship_is_not_told_either(families):
    family, hidden, _ = families
    linked(families)
    say(family.student, hidden, WITHDRAWN)
    before = family.reads()
    own_guardianships.end_own_guardianship(family.student.pk, by=hidden)
    reconcile_all()
    after = family.reads()
    for same in ("messages", "mails", "log", "certificates"):
        assert after[same] == before[same], same


def test_a_no_said_before_the_confirmation_is_not_told_when_it_begins_to_count(
    families, cast, time_machine
):
    family, _, _ = families
    linked(families)
    letter = InvitationLetter.objects.get(student=cast.sakura)  # not used up by the first
    second = come(letter, "second@mail.example", has_secret=True, given="ひなた")
    say(family.student, second.user, REFUSED)
    before = family.reads()
    confirm(second, cast.nurse.user)
    confirm(second, cast.counsellor.user, kind="")
    reconcile_all()
    assert not is_effective(family.student, GRADES)
    paused = family.reads()
    time_machine.move_to(timezone.now() + timezone.timedelta(days=1, minutes=1))
    reconcile_all()
    assert not SubjectKey.objects.filter(student=family.student, purpose=GRADES).exists()
    ended = family.reads()
    for after in (paused, ended):
        for same in ("messages", "mails", "log", "certificates"):
            assert after[same] == before[same], same
        assert after["states"][0][1:4] == ("not_shown", None, False)


def test_the_yes_of_a_hidden_guardian_alone_counts_where_nobody_else_decides(families):
    family, hidden, _ = families
    Guardianship.objects.filter(guardian__user=family.user).update(
        standing=GuardianStanding.INFORMED
    )
    say(family.student, family.student.user)
    say(family.student, hidden)
    assert is_effective(family.student, GRADES)


def test_a_key_of_before_waits_without_a_date_when_another_guardian_comes(families, cast):
    family, hidden, _ = families
    Guardianship.objects.filter(guardian__user=family.user).update(ended_at=timezone.now())
    say(family.student, family.student.user)
    say(family.student, hidden)
    assert is_effective(family.student, GRADES)
    new = factories.guardian(family.student, "のぞみ", "nozomi@example.com")
    reconcile_all()
    key = SubjectKey.objects.get(student=family.student, purpose=GRADES)
    assert key.paused_at is not None
    assert key.destroy_after is None
    (state,) = statuses_for(family.student, new.user)
    assert (state.why, state.pause) == ("not_shown", None)
    assert all_access_days(family.student, new.user) == []
    assert not ConsentMessage.objects.filter(user=new.user).exists()
    say(family.student, new.user)
    assert SubjectKey.objects.get(student=family.student, purpose=GRADES).paused_at is None


def test_her_own_page_keeps_her_answer_while_it_waits(families):
    family, hidden, _ = families
    say(family.student, hidden)
    (state,) = statuses_for(family.student, hidden)
    assert state.own_decision.response == GIVEN
    assert not state.is_open
    made = AuditEvent.objects.filter(action=Action.KEY_MADE, subject_id=family.student.pk)
    assert not made.exists()
