"""The way for those whom no screen reaches: paper, class by class."""

from django.db import transaction

from apps.audit.models import Action
from apps.notices.models import HandOut, NoticeState
from apps.notices.services.counting import absent_since, students_of, with_receipts
from apps.notices.services.rules import CannotPublish, note
from apps.people.models import SchoolClass


def classes_of(notice):
    """The classes in which somebody of the audience sits."""
    return SchoolClass.objects.filter(pk__in=students_of(notice).order_by().values("home_class"))


def not_signed_in(notice, school_class):
    """The students of a class whom the notice has not reached: for its own teacher's list."""
    found = with_receipts(notice).filter(absent_since(notice), home_class=school_class)
    return found.order_by("attendance_number", "family_kana")


@transaction.atomic
def hand_out(notice, school_class, *, by):
    """Record that the class has it on paper; the first time counts. Raises CannotPublish."""
    if notice.state != NoticeState.PUBLISHED:
        raise CannotPublish("公開中の お知らせだけ 配れます。")
    if not classes_of(notice).filter(pk=school_class.pk).exists():
        raise CannotPublish("この学級は、お知らせの 相手では ありません。")
    made, is_new = HandOut.objects.get_or_create(
        notice=notice,
        school_class=school_class,
        defaults={"municipality_id": notice.municipality_id, "by": by},
    )
    if is_new:
        note(Action.NOTICE_HANDED_OUT, made, by)
    return made
