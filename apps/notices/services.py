"""Publishing notices, finding whom they reach, and saying which places can be reached now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jpholiday
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.core.clock import JST, today
from apps.notices import hours, known
from apps.notices.models import (
    Notice,
    NoticeReceipt,
    OpeningHours,
    PublishState,
    SupportOrganisation,
)
from apps.people.models import Student
from apps.people.permissions import role_of
from apps.push import services as push
from apps.push.audience import Audience

STALE_AFTER = timedelta(days=180)
BELL_LASTS = timedelta(days=1)


class CannotPublish(Exception):
    """It may not be published (or withdrawn) now; the message says why."""


@dataclass(frozen=True)
class InboxItem:
    """A notice as one person has it."""

    notice: Notice
    shown_at: datetime | None
    opened_at: datetime | None

    @property
    def is_new(self):
        return self.opened_at is None


@dataclass(frozen=True)
class Place:
    """An organisation with its state now; ``is_open`` is None where hours are not known."""

    organisation: SupportOrganisation
    is_open: bool | None
    words: str


@dataclass(frozen=True)
class Reach:
    """How far a notice has come: of all enrolled students of its audience."""

    n_students: int
    n_shown: int
    n_opened: int
    n_devices: int
    n_accepted: int

    @property
    def n_unreached(self):
        return self.n_students - self.n_shown


# -- places -------------------------------------------------------------------------------------


@transaction.atomic
def install_known_organisations(municipality):
    """Add the organisations the portal knows of where they are missing."""
    for one in known.CONFIRMED:
        if not SupportOrganisation.objects.filter(name=one.name, municipality=None).exists():
            _install(one)
    for name in known.BY_NAME_ONLY:
        SupportOrganisation.objects.get_or_create(
            name=name, municipality=municipality, defaults={"order": 200}
        )


def _install(one):
    made = SupportOrganisation.objects.create(
        name=one.name,
        summary=one.summary,
        helps_with=one.helps_with,
        for_whom=one.for_whom,
        phone=one.phone,
        hours_note=one.hours_note,
        is_always_open=one.always,
        closed_note=one.closed,
        is_emergency=one.emergency,
        order=one.order,
        state=PublishState.PUBLISHED,
        verified_on=known.VERIFIED_ON,
        verified_by="開発時に公開情報で確認",
        source_url=known.SOURCE,
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(organisation=made, weekday=day, opens_at=one.opens, closes_at=one.closes)
        for day in one.days or ()
    )


def places_for(municipality_id, now=None):
    """The Places a person of this municipality (None: anybody) may turn to; open ones first.

    The numbers for danger of life stand on the help pages, not in this list.
    """
    now = (now or timezone.now()).astimezone(JST).replace(tzinfo=None)
    found = (
        SupportOrganisation.objects.published()
        .for_municipality(municipality_id)
        .filter(is_emergency=False)
        .prefetch_related("opening_hours")
    )
    places = [place_now(organisation, now) for organisation in found]
    return sorted(places, key=lambda place: not place.is_open)


def place_now(organisation, now=None):
    """One organisation as a Place at ``now`` (naive, Japan; default this moment)."""
    now = now or timezone.now().astimezone(JST).replace(tzinfo=None)
    openings = [
        hours.Opening(row.weekday, row.opens_at, row.closes_at)
        for row in organisation.opening_hours.all()
    ]
    found = hours.state(
        now,
        openings,
        always=organisation.is_always_open,
        closings=hours.closings(organisation.closed_note),
        is_holiday=jpholiday.is_holiday,
    )
    return Place(organisation, found.is_open, found.words)


def publish_organisation(organisation, *, by):
    """Make an organisation public. Raises CannotPublish without a fresh verification."""
    if not organisation.source_url or organisation.verified_on is None:
        raise CannotPublish("もとの情報と、確かめた日を 入れてから 公開して ください。")
    if today() - organisation.verified_on > STALE_AFTER:
        raise CannotPublish("確かめてから 180日を 過ぎています。もう一度 確かめて ください。")
    with transaction.atomic():
        organisation.state = PublishState.PUBLISHED
        organisation.save(update_fields=["state"])
        _record(Action.ORGANISATION_PUBLISHED, organisation, by)


# -- notices ------------------------------------------------------------------------------------


def students_of(notice):
    """All enrolled students of a notice's audience: nothing else narrows it."""
    found = Student.objects.enrolled().filter(municipality=notice.municipality_id)
    schools = list(notice.schools.values_list("pk", flat=True))
    if schools:
        found = found.filter(school__in=schools)
    return found.filter(grade__in=notice.grades) if notice.grades else found


@transaction.atomic
def publish(notice, *, by):
    """Put a notice into every inbox of its audience, and ring the bells. Raises CannotPublish.

    The inbox is computed, so it is there for all of them when this commits; bells are rows that
    a worker takes up (at ``publish_at``, if that is later).
    """
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != PublishState.DRAFT:
        raise CannotPublish("この お知らせは もう 公開したか、取り下げて あります。")
    if notice.expires_at and notice.expires_at <= timezone.now():
        raise CannotPublish("おわる時が もう 過ぎています。")
    if not notice.title.strip() or not notice.body.strip():
        raise CannotPublish("題と 本文を 書いてから 公開して ください。")
    notice.state = PublishState.PUBLISHED
    notice.published_by = by
    notice.publish_at = max(notice.publish_at, timezone.now())
    notice.save(update_fields=["state", "published_by", "publish_at"])
    _record(Action.NOTICE_PUBLISHED, notice, by)
    if notice.publish_at <= timezone.now():
        _ring(notice)
    return notice


@transaction.atomic
def withdraw(notice, *, by):
    """Take a notice out of every inbox. Raises CannotPublish unless it is published."""
    changed = Notice.objects.filter(pk=notice.pk, state=PublishState.PUBLISHED).update(
        state=PublishState.WITHDRAWN
    )
    if not changed:
        raise CannotPublish("公開中の お知らせだけ 取り下げられます。")
    _record(Action.NOTICE_WITHDRAWN, notice, by)


def publish_due():
    """Ring the bells of scheduled notices whose time has come; once each. Returns how many."""
    due = Notice.objects.current().filter(rung_at=None).values_list("pk", flat=True)
    return sum(_ring_once(pk) for pk in list(due))


@transaction.atomic
def _ring_once(pk):
    notice = Notice.objects.select_for_update(skip_locked=True).filter(pk=pk, rung_at=None).first()
    if notice is None:
        return 0
    _ring(notice)
    return 1


def _ring(notice):
    """Claim the bell (``rung_at``) and ask for it: workers find the devices."""
    if not Notice.objects.filter(pk=notice.pk, rung_at=None).update(rung_at=timezone.now()):
        return
    audience = Audience(
        municipality_id=notice.municipality_id,
        school_ids=tuple(notice.schools.values_list("pk", flat=True)),
        grades=tuple(notice.grades),
        with_guardians=notice.for_guardians,
    )
    push.ring_audience(
        audience,
        topic=notice.pk.hex,
        path=f"/notices/{notice.pk}/",
        expires_at=notice.expires_at or timezone.now() + BELL_LASTS,
    )


def notices_for(user):
    """The current notices this person has in the inbox, newest first."""
    student = Student.objects.enrolled().filter(user=user.pk).first()
    if student is not None:
        return _current_for([student]).order_by("-publish_at")
    children = Student.objects.enrolled().filter(
        guardianships__guardian__user=user.pk, guardianships__ended_at=None
    )
    return _current_for(list(children)).filter(for_guardians=True).order_by("-publish_at")


def _current_for(students):
    wanted = Q(pk__in=[])
    for student in students:
        wanted |= (
            Q(municipality=student.municipality_id)
            & (Q(schools=None) | Q(schools=student.school_id))
            & (Q(grades=[]) | Q(grades__contains=[student.grade]))
        )
    return Notice.objects.current().filter(wanted).distinct()


def inbox_for(user):
    """The person's InboxItems, newest first; two queries and one for who they are."""
    notices = list(notices_for(user))
    receipts = {
        receipt.notice_id: receipt
        for receipt in NoticeReceipt.objects.filter(user=user, notice__in=notices)
    }
    return [_item(notice, receipts.get(notice.pk)) for notice in notices]


def _item(notice, receipt):
    return InboxItem(notice, receipt and receipt.shown_at, receipt and receipt.opened_at)


def mark_shown(user, items):
    """Record that these items stood before the person's eyes (once each)."""
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
    NoticeReceipt.objects.filter(pk=receipt.pk, opened_at=None).update(opened_at=timezone.now())


def newest_for(municipality_ids):
    """The newest current notice of these municipalities, or None."""
    found = Notice.objects.current().filter(municipality__in=municipality_ids)
    return found.order_by("-publish_at").first()


def reach(notice):
    """The Reach of a notice now: all enrolled students, those shown, those who opened, devices."""
    students = students_of(notice)
    counted = NoticeReceipt.objects.filter(notice=notice, user__student__in=students).aggregate(
        shown=Count("pk"), opened=Count("opened_at")
    )
    bells = push.reach_of(notice.pk.hex)
    return Reach(
        n_students=students.count(),
        n_shown=counted["shown"],
        n_opened=counted["opened"],
        n_devices=bells["devices"],
        n_accepted=bells["accepted"],
    )


def reach_by_class(notice):
    """[(class title, students, shown)] of the audience: counts for staff, never names."""
    rows = (
        students_of(notice)
        .order_by("home_class__grade", "home_class__title")
        .values_list("home_class__title")
        .annotate(
            n=Count("pk", distinct=True),
            shown=Count(
                "user__notice_receipts",
                filter=Q(user__notice_receipts__notice=notice),
                distinct=True,
            ),
        )
    )
    return [(title or "学級なし", n, shown) for title, n, shown in rows]


def _record(action, thing, by):
    record(action, actor=by, role=role_of(by), municipality_id=thing.municipality_id, thing=thing)
