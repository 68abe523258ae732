"""Two people press at the same moment: one thing happens, once."""

import threading

import pytest
from django.db import connection

from apps.audit.models import Action, AuditEvent
from apps.notices.models import Notice, NoticeState, PaperHandout
from apps.notices.services import drafts, paper_handouts, publication, publication_rules
from apps.people.models import Role
from apps.push.models import Broadcast
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs):
    """Run these in threads at the same time; the sentences of the refusals."""
    gate, refused = threading.Barrier(len(verbs)), []

    def run(verb):
        try:
            gate.wait(10)
            verb()
        except publication_rules.PublicationRefused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return refused


def test_two_checkers_publish_once(cast, notice):
    drafts.submit_draft(notice, by=cast.officer.user)
    other = factories.staff_post(Role.CITY, of=cast.city).user
    refused = at_once(
        lambda: publication.publish_notice(notice, by=cast.principal.user),
        lambda: publication.publish_notice(notice, by=other),
    )
    assert len(refused) == 1
    assert Broadcast.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.NOTICE_PUBLISHED).count() == 1


def test_a_correction_and_a_withdrawal_do_not_both_win(cast, notice, publish):
    publish(notice)
    correction = publication.start_correction(notice, by=cast.officer.user)
    Notice.objects.filter(pk=correction.pk).update(change_note="x")
    drafts.submit_draft(correction, by=cast.officer.user)
    refused = at_once(
        lambda: publication.publish_notice(correction, by=cast.principal.user),
        lambda: publication.withdraw_notice(notice, by=cast.officer.user),
    )
    assert len(refused) == 1
    states = (Notice.objects.get(pk=notice.pk).state, Notice.objects.get(pk=correction.pk).state)
    assert states in {
        (NoticeState.CORRECTED, NoticeState.PUBLISHED),
        (NoticeState.WITHDRAWN, NoticeState.WAITING),
    }


def test_two_corrections_are_one(cast, notice, publish):
    publish(notice)
    at_once(*[lambda: publication.start_correction(notice, by=cast.officer.user)] * 2)
    assert Notice.objects.filter(corrects=notice).count() == 1


def test_a_class_ticked_twice_is_ticked_once(cast, notice, publish):
    publish(notice)
    notice.refresh_from_db()
    at_once(
        *[lambda: paper_handouts.record_paper_handout(notice, cast.class_1, by=cast.homeroom.user)]
        * 2
    )
    assert PaperHandout.objects.count() == 1


def test_a_scheduled_notice_is_sent_once_for_two_clocks(cast, notice, publish):
    publish(notice)
    Broadcast.objects.all().delete()
    Notice.objects.update(push_sent_at=None)
    at_once(publication.publish_due, publication.publish_due)
    assert Broadcast.objects.count() == 1
