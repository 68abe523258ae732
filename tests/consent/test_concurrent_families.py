"""On PostgreSQL, with threads: families who answer for several children never deadlock."""

import uuid
from threading import Event

import pytest

from apps.consent.models import ConsentReceipt, Purpose, Response
from apps.consent.services import decisions
from apps.consent.services.ledger_verification import verify_ledger
from tests import factories
from tests.vault.sealing_helpers import in_thread, until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20


@pytest.fixture
def families(transactional_db, cast):
    """Two families with a child at either school, and nobody has decided anything yet."""
    factories.policy(cast.city)
    factories.document(cast.city)
    other = factories.school(cast.city, "C117220600031", "北中学校(架空)")
    classes = (factories.school_class(cast.school, "2年1組"), factories.school_class(other))
    found = []
    for name in ("ひとつめ", "ふたつめ"):
        children = [factories.student(each, name, family=name) for each in classes]
        guardian = factories.guardian(children[0], email=f"{uuid.uuid4().hex}@example.com")
        factories.guardianship(guardian, children[1])
        found.append((guardian.user, children))
    return found


def answer(user, children):
    return decisions.decide_for_all(
        students=children,
        actor=user,
        answers={Purpose.ATTENDANCE: Response.LATER},
        form_key=uuid.uuid4(),
    )


def test_two_families_answer_at_once_the_other_way_round(families, monkeypatch):
    (one, her_children), (other, his_children) = families
    begun, go_on = Event(), Event()
    appended = decisions.append_decisions

    def append_and_pause(receipt, *args):
        done = appended(receipt, *args)
        if receipt.decided_by_id == one.pk and not begun.is_set():
            begun.set()
            assert go_on.wait(PATIENCE)
        return done

    monkeypatch.setattr(decisions, "append_decisions", append_and_pause)
    first = in_thread(lambda: answer(one, her_children))
    assert begun.wait(PATIENCE)
    second = in_thread(lambda: answer(other, his_children[::-1]))
    until_somebody_waits_for_a_lock()
    go_on.set()
    assert len(first.result(PATIENCE)) == len(second.result(PATIENCE)) == 2
    assert ConsentReceipt.objects.count() == 4
    assert verify_ledger().findings == []


def test_both_guardians_answer_for_the_same_children_at_once(families):
    (mother, children), _ = families
    father = factories.guardian(children[0], "ちち", f"{uuid.uuid4().hex}@example.com")
    factories.guardianship(father, children[1])
    both = [
        in_thread(lambda: answer(mother, children)),
        in_thread(lambda: answer(father.user, children[::-1])),
    ]
    assert [len(each.result(PATIENCE)) for each in both] == [2, 2]
    assert verify_ledger().findings == []
