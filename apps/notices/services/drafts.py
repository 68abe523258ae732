"""Writes drafts of notices, until a second person checks them."""

from django.db import transaction

from apps.audit.models import Action
from apps.core import clock
from apps.notices.models import Notice, NoticeState
from apps.notices.services.publication_rules import (
    PublicationRefused,
    check_content,
    may_address,
    may_change_draft,
    record_action,
)


@transaction.atomic
def save_draft(notice, *, by, fields):
    """Save a validated draft; who changed it last is its author. Raises PublicationRefused."""
    if not notice._state.adding:
        now = Notice.objects.select_for_update().get(pk=notice.pk)
        if now.state != NoticeState.DRAFT:
            raise PublicationRefused("確認を たのんだ お知らせは、取りもどしてから 直します。")
        if not may_change_draft(by, now):
            raise PublicationRefused(
                "下書きを 直すのは、書いた 人と、届く 学校の 管理職と、市の 担当者です。"
            )
    notice.written_by, notice.submitted_at = by, None
    notice.save()
    record_action(Action.RECORD_CHANGED, notice, by, fields)
    return notice


@transaction.atomic
def submit_draft(notice, *, by):
    """Ask a second person to check it; the text is locked from now on. Raises PublicationRefused."""
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != NoticeState.DRAFT:
        raise PublicationRefused("下書きだけ、確認を たのめます。")
    if not may_address(by, notice):
        raise PublicationRefused("学校の 職員は、じぶんの 学校を 選んで ください。")
    check_content(notice)
    notice.state, notice.submitted_at = NoticeState.WAITING, clock.now()
    notice.written_by = notice.written_by or by
    notice.save(update_fields=["state", "submitted_at", "written_by"])
    record_action(Action.NOTICE_SUBMITTED, notice, by)
    return notice


@transaction.atomic
def return_to_draft(notice, *, by):
    """Make a waiting notice a draft again, by its author or by whoever checks it."""
    changed = Notice.objects.filter(pk=notice.pk, state=NoticeState.WAITING).update(
        state=NoticeState.DRAFT, submitted_at=None
    )
    if not changed:
        raise PublicationRefused("確認待ちの お知らせだけ 取りもどせます。")
    record_action(Action.NOTICE_TAKEN_BACK, notice, by)
