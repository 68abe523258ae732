"""The inbox of a person: computed from the audience, so nobody is missing and nothing is copied."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from apps.core import clock
from apps.notices.models import Notice, NoticeReceipt, NoticeState
from apps.people.models import Student
from apps.people.permissions import (
    municipalities_where,
    schools_where,
    students_in_care,
    students_kept_from,
)

NEWEST_FIRST = ("-publish_at", "-pk")
NOTICES_A_PAGE = 20
MAX_UNREAD_COUNTED = 99
WITHDRAWN_SHOWN_FOR = timedelta(days=30)
MAX_CORRECTIONS = 20  # corrections of corrections that are followed


@dataclass(frozen=True)
class InboxItem:
    """A notice in one person's inbox."""

    notice: Notice
    shown_at: datetime | None
    opened_at: datetime | None

    @property
    def is_new(self):
        return self.opened_at is None

    @property
    def is_correction(self):
        return self.notice.corrects_id is not None


@dataclass(frozen=True)
class PastNotice:
    """A notice that is no longer current; ``now`` is the one that replaces it."""

    notice: Notice
    now: Notice | None


def notices_for(user):
    """The current notices this person has in the inbox, newest first."""
    return _meant_for(user, Notice.objects.current()).order_by(*NEWEST_FIRST)


def _meant_for(user, notices):
    """The notices whose audience includes this student, or a child of this guardian."""
    student = Student.objects.enrolled().filter(user=user.pk).first()
    if student is not None:
        return notices.meant_for([student])
    children = Student.objects.enrolled().filter(students_in_care(user))
    return notices.meant_for(list(children)).filter(for_guardians=True)


def inbox_for(user, limit=NOTICES_A_PAGE):
    """The newest InboxItems of a person, at most ``limit``."""
    return inbox_items(user, notices_for(user).defer("body")[:limit])


def inbox_items(user, notices):
    """The InboxItems of these notices (an iterable), in their order."""
    notices = list(notices)
    receipts = {
        receipt.notice_id: receipt
        for receipt in NoticeReceipt.objects.filter(user=user, notice__in=notices)
    }
    return [_item(notice, receipts.get(notice.pk)) for notice in notices]


def _item(notice, receipt):
    return InboxItem(notice, receipt and receipt.shown_at, receipt and receipt.opened_at)


def count_unread(user):
    """How many current notices this person has not opened; MAX_UNREAD_COUNTED for more."""
    opened = NoticeReceipt.objects.filter(
        user=user.pk, notice=OuterRef("pk"), opened_at__isnull=False
    )
    unread = notices_for(user).filter(~Exists(opened)).values("publish_at", "pk")
    return unread[:MAX_UNREAD_COUNTED].count()


def withdrawn_for(user):
    """Notices shown to this person that were withdrawn since; newest first."""
    found = Notice.objects.filter(
        state=NoticeState.WITHDRAWN,
        withdrawn_at__gt=clock.now() - WITHDRAWN_SHOWN_FOR,
        receipts__user=user,
    )
    if students_kept_from(user).exists():  # nothing of a child they may not see any more
        found = _meant_for(user, found)
    return found.defer("body").order_by("-withdrawn_at")


def past_notice(user, pk):
    """The PastNotice of a notice that was once meant for this person, or None.

    An old URL may be in a push message, a bookmark or on paper; it leads to what is valid now.
    """
    ended = [NoticeState.CORRECTED, NoticeState.WITHDRAWN, NoticeState.PUBLISHED]
    once = Notice.objects.filter(
        pk=pk, state__in=ended, publish_at__lte=clock.now(), published_by__isnull=False
    )
    notice = _meant_for(user, once).first()
    return notice and PastNotice(notice, _successor(user, notice))


def _successor(user, notice):
    for _ in range(MAX_CORRECTIONS):
        notice = notice.corrections.exclude(
            state__in=[NoticeState.DRAFT, NoticeState.WAITING]
        ).first()
        if notice is None or notices_for(user).filter(pk=notice.pk).exists():
            return notice
    return None


def mark_shown(user, items):
    """Record that these items were shown to the person (once each)."""
    NoticeReceipt.objects.bulk_create(
        (
            NoticeReceipt(
                municipality_id=item.notice.municipality_id, notice=item.notice, user=user
            )
            for item in items
            if item.shown_at is None
        ),
        ignore_conflicts=True,
    )


def mark_opened(user, notice):
    """Record that the person opened the notice; the first time counts."""
    receipt, _ = NoticeReceipt.objects.get_or_create(
        notice=notice, user=user, defaults={"municipality_id": notice.municipality_id}
    )
    NoticeReceipt.objects.filter(pk=receipt.pk, opened_at=None).update(opened_at=clock.now())


def newest_notice_for(user):
    """The newest current notice that reaches a school this member of staff works for, or None."""
    return (
        Notice.objects.current()
        .filter(municipality__in=municipalities_where(user, "notices.view"))
        .filter(Q(schools=None) | Q(schools__in=schools_where(user, "notices.view")))
        .order_by("-publish_at")
        .first()
    )
