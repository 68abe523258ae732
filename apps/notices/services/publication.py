"""Publishes, corrects and withdraws notices, and sends one push message for each."""

from dataclasses import asdict
from datetime import timedelta

from django.db import transaction

from apps.audit.models import Action
from apps.core import clock
from apps.notices.models import Notice, NoticeState
from apps.notices.services.publication_rules import (
    PublicationRefused,
    check_content,
    content_digest,
    may_address,
    record_action,
)
from apps.people.services.person_accounts import is_same_person
from apps.push.audience import BroadcastAudience
from apps.push.models import Broadcast
from apps.push.services import broadcasts as push

PUSH_LIFETIME = timedelta(days=1)


@transaction.atomic
def publish_notice(notice, *, by, seen=None):
    """Publish a waiting notice to its audience, by a second person. Raises PublicationRefused.

    ``seen`` is the ``content_digest`` of what that person checked. The inbox is computed, so the
    notice is in all of them when this commits (or at ``publish_at``, if that is later); push
    messages are rows that a worker sends. A correction replaces what it corrects.
    """
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != NoticeState.WAITING:
        raise PublicationRefused("確認待ちの お知らせだけ 公開できます。")
    if is_same_person(by, notice.written_by_id):
        raise PublicationRefused("書いた 人とは べつの 人が 確かめて、公開します。")
    if seen is not None and seen != content_digest(notice):
        raise PublicationRefused("見て いる あいだに 変わりました。もう一度 見て ください。")
    check_content(notice)
    _supersede(notice, by)
    notice.state, notice.published_by = NoticeState.PUBLISHED, by
    notice.publish_at = max(notice.publish_at, clock.now())
    notice.save(update_fields=["state", "published_by", "publish_at"])
    record_action(Action.NOTICE_PUBLISHED, notice, by)
    if notice.publish_at <= clock.now():
        _send_push(notice)
    return notice


def _supersede(notice, by):
    """Remove the earlier notice from the inboxes when its correction is published."""
    if notice.corrects_id is None:
        return
    earlier = Notice.objects.select_for_update().get(pk=notice.corrects_id)
    if earlier.state != NoticeState.PUBLISHED:
        raise PublicationRefused("まえの お知らせは、もう 公開されて いません。")
    notice.publish_at = earlier.publish_at  # a wrong text is not shown longer than planned
    earlier.state = NoticeState.CORRECTED
    earlier.save(update_fields=["state"])
    record_action(Action.NOTICE_CORRECTED, earlier, by)
    _cancel_push(earlier, by)


@transaction.atomic
def start_correction(notice, *, by):
    """Create a draft with the same text and audience, to be corrected. Raises PublicationRefused."""
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != NoticeState.PUBLISHED:
        raise PublicationRefused("公開中の お知らせだけ 訂正できます。")
    _check_reach(by, notice)
    waiting = notice.corrections.exclude(state=NoticeState.WITHDRAWN).first()
    if waiting is not None:
        return waiting
    made = Notice.objects.create(
        municipality_id=notice.municipality_id, corrects=notice, written_by=by,
        title=notice.title, body=notice.body, grades=notice.grades,
        for_guardians=notice.for_guardians, is_urgent=notice.is_urgent,
        expires_at=notice.expires_at if _is_ahead(notice.expires_at) else None,
    )  # fmt: skip
    made.schools.set(notice.schools.all())
    made.organisations.set(notice.organisations.all())
    record_action(Action.RECORD_CHANGED, made, by, ["corrects"])
    return made


@transaction.atomic
def withdraw_notice(notice, *, by, words=""):
    """Remove a notice from every inbox; its readers see ``words``. Raises PublicationRefused."""
    _check_reach(by, notice)
    changed = Notice.objects.filter(
        pk=notice.pk, state__in=[NoticeState.PUBLISHED, NoticeState.DRAFT, NoticeState.WAITING]
    ).update(
        state=NoticeState.WITHDRAWN, withdrawn_at=clock.now(), withdrawn_words=words[:200]
    )  # fmt: skip
    if not changed:
        raise PublicationRefused("この お知らせは、もう 取り下げたか、訂正して あります。")
    record_action(Action.NOTICE_WITHDRAWN, notice, by)
    _cancel_push(notice, by)


def publish_due():
    """Send the push messages of scheduled notices whose time has come, once each; how many."""
    due = Notice.objects.current().filter(push_sent_at=None).values_list("pk", flat=True)
    return sum(_send_push_once(pk) for pk in list(due))


@transaction.atomic
def _send_push_once(pk):
    notice = (
        Notice.objects.select_for_update(skip_locked=True).filter(pk=pk, push_sent_at=None).first()
    )
    if notice is None or notice.state != NoticeState.PUBLISHED:
        return 0
    _send_push(notice)
    return 1


def _send_push(notice):
    """Claim the push message (``push_sent_at``) and request it; workers find the devices."""
    if not Notice.objects.filter(pk=notice.pk, push_sent_at=None).update(push_sent_at=clock.now()):
        return
    push.send_to_audience(
        BroadcastAudience(**asdict(notice.audience()), with_guardians=notice.for_guardians),
        topic=notice.pk.hex,
        path=f"/notices/{notice.pk}/",
        expires_at=notice.expires_at or clock.now() + PUSH_LIFETIME,
        is_urgent=notice.is_urgent,
    )


def _cancel_push(notice, by):
    """Cancel push messages of a notice that is gone; sent ones cannot be taken back."""
    for broadcast in Broadcast.objects.filter(topic=notice.pk.hex, finished_at=None):
        try:
            push.cancel(broadcast, by=by)
        except push.CannotSendPush:
            continue


def _check_reach(by, notice):
    if not may_address(by, notice):
        raise PublicationRefused("ほかの 学校にも 出た お知らせは、市の 担当者が 直します。")


def _is_ahead(moment):
    return moment is not None and moment > clock.now()
