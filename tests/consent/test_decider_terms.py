"""Who decides about a purpose belongs to the document agreed to: stricter at will, wider by a new
version.
"""

import uuid
from datetime import timedelta

import pytest

from apps.consent.document_terms import document_digest
from apps.consent.effectiveness_rules import asks_fewer
from apps.consent.models import ConsentDocument, Decider, Purpose, PurposePolicy
from apps.consent.services.decisions import decide
from apps.consent.services.documents import CannotPublishDocument, change_policy, draft_next_version
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.policy_changes import propose_policy_change
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.core.clock import today
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from tests import factories
from tests.people.act_scenarios import save, the_act

ATTENDANCE, INCOME = Purpose.ATTENDANCE, Purpose.INCOME


def say(student, user, response, purpose=ATTENDANCE):
    decide(student=student, actor=user, answers={purpose: response}, form_key=uuid.uuid4())


@pytest.fixture
def published(cast):
    """sakura (13) said yes and her guardian no; ren's guardian said yes and he nothing."""
    cast.policy = factories.policy(cast.city)
    factories.document(cast.city)
    cast.sakura.birth_month = today().replace(year=today().year - 13, month=1, day=1)
    cast.sakura.save()
    say(cast.sakura, cast.sakura.user, "given")
    say(cast.sakura, cast.midori.user, "refused")
    say(cast.ren, cast.ren.guardianships.get().guardian.user, "given")
    return cast


def change(cast, **changes):
    for name, value in changes.items():
        setattr(cast.policy, name, value)
    change_policy(cast.policy, by=cast.officer.user, fields=list(changes))


@pytest.mark.parametrize("changes", [{"alone_from_age": 12}, {"decider": Decider.GUARDIAN}])
def test_a_policy_never_asks_fewer_people_than_the_words(published, changes):
    with pytest.raises(CannotPublishDocument, match="だれが決めるか"):
        change(published, **changes)
    reconcile_all()
    assert not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
    policy = PurposePolicy.objects.get(pk=published.policy.pk)
    assert (policy.alone_from_age, policy.decider) == (16, Decider.BOTH)


def test_the_city_reads_why_it_cannot_link_children_with_one_save(published, sign_in):
    page = save(sign_in(published.officer.user), published.policy, alone_from_age=12)
    assert "ゆるくするときは、新しい版の説明文書を公開" in page.content.decode()
    assert not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()


def test_a_policy_wider_than_the_words_in_the_database_links_nobody_all_the_same(published):
    for wider in ({"alone_from_age": 12}, {"decider": Decider.GUARDIAN}):
        PurposePolicy.objects.filter(pk=published.policy.pk).update(**wider)
        reconcile_all()
        assert not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert not is_effective(published.ren, ATTENDANCE)


def test_a_policy_may_ask_more_people_than_the_words(cast):
    policy = factories.policy(cast.city, INCOME, decider=Decider.GUARDIAN)
    factories.document(cast.city, INCOME)
    policy.decider = Decider.BOTH
    change_policy(policy, by=cast.officer.user, fields=["decider"])
    say(cast.sakura, cast.midori.user, "given", INCOME)
    assert not is_effective(cast.sakura, INCOME)


def test_new_words_make_it_wider_and_ask_anew(published):
    now = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    draft = draft_next_version(now, by=published.officer.user)
    assert (draft.decider, draft.alone_from_age) == (Decider.BOTH, 16)
    draft.decider = Decider.GUARDIAN
    draft.save()
    factories.published_document(draft, by=published.officer.user)
    reconcile_all()
    assert PurposePolicy.objects.get(pk=published.policy.pk).decider == Decider.GUARDIAN
    assert not is_effective(published.ren, ATTENDANCE)
    say(published.ren, published.ren.guardianships.get().guardian.user, "given")
    assert is_effective(published.ren, ATTENDANCE)


def test_stopped_words_take_who_decides_back_with_them(cast):
    factories.make_effective(cast.sakura, ATTENDANCE)
    now = ConsentDocument.objects.current().get(purpose=ATTENDANCE)
    draft = draft_next_version(now, by=cast.officer.user)
    draft.decider, draft.alone_from_age = Decider.GUARDIAN, 12
    draft.save()
    factories.published_document(draft, by=cast.officer.user)
    pending_acts.stop(the_act(), by=cast.officer.user)
    reconcile_all()
    policy = PurposePolicy.objects.get(purpose=ATTENDANCE)
    assert (policy.decider, policy.alone_from_age) == (Decider.BOTH, 16)


def test_a_change_that_waited_is_cut_to_the_words_that_came_meanwhile(cast):
    second = factories.staff_post("privacy", of=cast.city).user
    factories.make_effective(cast.sakura, INCOME)
    factories.make_effective(cast.ren, INCOME)
    PurposePolicy.objects.filter(purpose=INCOME).update(decider=Decider.BOTH)
    policy = PurposePolicy.objects.get(purpose=INCOME)
    act = propose_policy_change(
        policy,
        {"is_offered": False, "decider": "guardian", "alone_from_age": 12},
        by=cast.officer.user,
        reason="事業の見直しのため",
    )
    pending_acts.confirm(act, by=second)
    act.refresh_from_db()
    type(act).objects.filter(pk=act.pk).update(due_at=act.due_at - timedelta(days=2))
    reconcile_all()
    policy.refresh_from_db()
    assert not policy.is_offered
    assert policy.alone_from_age is None


def test_who_decides_is_in_the_digest_of_new_words_and_old_digests_stay_valid(cast):
    words = factories.document(cast.city)
    before = document_digest(words)
    words.decider = Decider.GUARDIAN
    assert document_digest(words) != before
    words.digest_form = 1
    old = document_digest(words)
    words.alone_from_age = 12
    assert document_digest(words) == old
    assert verify_ledger().findings == []


@pytest.mark.parametrize(
    ("new", "words", "fewer"),
    [
        (("both", 16), ("both", 16), False),
        (("both", 18), ("both", 16), False),
        (("both", None), ("both", 16), False),
        (("both", None), ("guardian", None), False),
        (("both", 15), ("both", 16), True),
        (("both", 16), ("both", None), True),
        (("guardian", 16), ("both", 16), True),
    ],
)
def test_fewer_people_are_asked_by_an_earlier_age_or_without_the_student(new, words, fewer):
    assert asks_fewer(*new, than=words) is fewer
