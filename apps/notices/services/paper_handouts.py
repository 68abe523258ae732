"""Notices on paper, class by class, for students whom no screen reaches."""

from django.db import transaction

from apps.audit.models import Action
from apps.notices.models import NoticeState, PaperHandout
from apps.notices.services.notice_reach import (
    not_signed_in_since,
    students_with_receipts,
)
from apps.notices.services.publication_rules import PublicationRefused, record_action
from apps.people.models import SchoolClass


def audience_classes(notice):
    """The classes with students of the audience."""
    return SchoolClass.objects.filter(
        pk__in=notice.audience().students().order_by().values("home_class")
    )


def students_not_signed_in(notice, school_class):
    """The students of a class whom the notice has not reached: for its own teacher's list."""
    found = students_with_receipts(notice).filter(
        not_signed_in_since(notice), home_class=school_class
    )
    return found.order_by("attendance_number", "family_kana")


@transaction.atomic
def record_paper_handout(notice, school_class, *, by):
    """Record that the class has it on paper; the first time counts. Raises PublicationRefused."""
    if notice.state != NoticeState.PUBLISHED:
        raise PublicationRefused("公開中の お知らせだけ 配れます。")
    if not audience_classes(notice).filter(pk=school_class.pk).exists():
        raise PublicationRefused("この学級は、お知らせの 相手では ありません。")
    handout, is_new = PaperHandout.objects.get_or_create(
        notice=notice,
        school_class=school_class,
        defaults={"municipality_id": notice.municipality_id, "by": by},
    )
    if is_new:
        record_action(Action.NOTICE_HANDED_OUT, handout, by)
    return handout
