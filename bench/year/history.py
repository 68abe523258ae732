"""What else a year leaves behind: notices, decisions with their checkpoints, help requests."""

import uuid
from datetime import timedelta

from apps.consent.models import Purpose, Response
from apps.consent.services.decisions import decide
from apps.core import clock
from apps.helpline.services.help_requests import send_help_request
from apps.ledger.services.checkpoints import make_checkpoint
from apps.notices.models import Notice
from apps.notices.services import drafts, publication
from apps.push.models import Broadcast
from apps.push.services.chunks import plan_next_broadcast


def notices(cast, n):
    """``n`` published notices, the newest last, their push messages planned."""
    for number in range(n):
        notice = Notice.objects.create(
            municipality=cast.city,
            title=f"お知らせ{number}",
            body="本文",
            written_by=cast.desk.user,
        )
        waiting = drafts.submit_draft(notice, by=cast.desk.user)
        publication.publish_notice(waiting, by=cast.second.user)
        while plan_next_broadcast() is not None:
            pass
    earlier = clock.now() - timedelta(days=1)
    Broadcast.objects.update(expires_at=earlier)


def decisions(cast, n):
    """``n`` answers of the guardian about one purpose, each followed by a checkpoint."""
    for number in range(n):
        answer = Response.REFUSED if number % 2 else Response.GIVEN
        decide(
            student=cast.student, actor=cast.guardian.user,
            answers={Purpose.STUDY_LOG: answer}, form_key=uuid.uuid4(),
        )  # fmt: skip
        make_checkpoint()


def help_requests(cast, n):
    """``n`` open requests to talk, one a student of the class."""
    for student in cast.students[:n]:
        send_help_request(student=student, wanted="nurse", form_key=uuid.uuid4())
