"""Protective cases: of abuse, or of an adult at school. Their readers are named one by one."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import check, choices_check, choices_checks, two_people, unique
from apps.core.models import UUIDModel, append_only_while_readable
from apps.people.models import Municipality, School, StaffPost, Student, User
from apps.people.permissions import reach_of_person
from apps.vault.models import SealedRow


class ProtectiveTopic(models.TextChoices):
    ABUSE = "abuse", _("虐待の疑い")
    ADULT = "adult", _("学校の大人のこと")


class ReaderState(models.TextChoices):
    WAITING = "waiting", _("確認まち")
    READING = "reading", _("読めます")
    LEAVING = "leaving", _("外す確認まち")
    ENDED = "ended", _("おわり")
    KEPT_FROM = "kept_from", _("見せない人")


class ProtectiveNoteKind(models.TextChoices):
    NOTE = "note", _("記録")
    DECIDED = "decided", _("決めたこと")
    PLAN = "plan", _("支援のめあて")
    STEP = "step", _("手だて")
    STEP_ENDED = "step_ended", _("手だての結果")
    REFERRED = "referred", _("窓口に伝えた")
    TOLD = "told", _("児童相談所(189)に伝えた")
    ENDED = "ended", _("おわりにした理由")


class KeepReason(models.TextChoices):
    """Why evidence is kept whatever happens to the consent to its source."""

    DANGER = "danger", _("命や体の危険がある")
    DUTY = "duty", _("通告・連絡のために要る")
    PRESSURE = "pressure", _("取り下げが、本人の望みではないおそれがある")


def _person(label: str, **options: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, on_delete=models.PROTECT, related_name="+",
        **options,
    )  # fmt: skip


class ProtectiveCaseQuerySet(models.QuerySet):
    def open(self) -> models.QuerySet:
        return self.filter(closed_at=None)

    def visible_to(self, user: User) -> models.QuerySet:
        """The cases this person reads, and those of the route's city that nobody reads any more.

        Never one from which this person is kept, under any account, nor of their own child. No
        role, post or emergency access shows another one.
        """
        cities, read_from_outside, accounts, children = reach_of_person(user)
        if not cities:
            return self.none()
        readers = ProtectiveReader.objects.filter(case=OuterRef("pk"))
        own = Exists(readers.reading().filter(person=user.pk))
        left = ~Exists(readers.reading_today()) & Q(municipality__in=read_from_outside)
        kept = readers.filter(state=ReaderState.KEPT_FROM, person__in=accounts)
        return self.filter(own | left, ~Exists(kept), municipality__in=cities).exclude(
            student__in=children
        )


class ProtectiveCase(UUIDModel):
    """Work to protect one student. For whoever is no reader it does not exist, in no list or count.

    It stands beside the ordinary case of the student, which goes on as if there were none.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    topic = models.CharField("何のことか", max_length=10, choices=ProtectiveTopic.choices)
    form_key = models.UUIDField(editable=False)
    opened_by = _person("開いた人", editable=False)
    opened_at = models.DateTimeField("開いた時", default=clock.now, editable=False)
    closed_at = models.DateTimeField("おわった時", null=True, blank=True)

    objects = ProtectiveCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "守るためのケース"
        ordering = ["-opened_at"]
        constraints = [
            choices_check("topic", ProtectiveTopic),
            unique(["student", "form_key"], name="protective_case_form_once"),
        ]

    def __str__(self) -> str:
        return f"守るためのケース {str(self.pk)[:8]}"


class ProtectiveReaderQuerySet(models.QuerySet):
    def reading(self) -> models.QuerySet:
        """Those who read: confirmed, and not yet removed."""
        return self.filter(state__in=[ReaderState.READING, ReaderState.LEAVING])

    def reading_today(self) -> models.QuerySet:
        """Of them, those who still hold a post in the case's municipality."""
        posts = StaffPost.objects.current().filter(
            user=OuterRef("person"), municipality=OuterRef("municipality")
        )
        return self.reading().filter(Exists(posts), person__is_active=True)

    def undecided(self) -> models.QuerySet:
        """What waits for somebody of the city's route."""
        return self.filter(state__in=[ReaderState.WAITING, ReaderState.LEAVING])


class ProtectiveReader(UUIDModel):
    """One person who reads one protective case, or is asked to, or is kept from it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    case = models.ForeignKey(
        ProtectiveCase, on_delete=models.PROTECT, related_name="readers", db_index=False
    )
    person = _person("人")
    role = models.CharField("立場", max_length=40)
    state = models.CharField("状態", max_length=10, choices=ReaderState.choices)
    asked_by = _person("たのんだ人")
    asked_at = models.DateTimeField("たのんだ時", default=clock.now)
    decided_by = _person("確かめた人", null=True, blank=True)
    decided_at = models.DateTimeField("確かめた時", null=True, blank=True)

    objects = ProtectiveReaderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "守るためのケースを読む人"
        ordering = ["asked_at"]
        constraints = [
            choices_check("state", ReaderState),
            unique(["case", "person"], name="protective_reader_once"),
            check("protective_reader_second_person", two_people("decided_by", "asked_by")),
        ]
        indexes = [
            models.Index(  # what waits for the city's route, the oldest first
                fields=["municipality", "asked_at"],
                condition=Q(state__in=["waiting", "leaving"]),
                name="protective_reader_waits",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role}({self.get_state_display()})"


class ProtectiveRow(SealedRow):
    """Base of what is kept in a protective case: opened by the readers of that case alone."""

    case: Any = None

    class Meta:
        abstract = True

    @classmethod
    def may_all_be_opened(cls, rows: Iterable[Any], actor: User) -> bool:
        """Whether this person reads the cases of all these rows."""
        ids = {row.case_id for row in rows}
        return ProtectiveCase.objects.filter(pk__in=ids).visible_to(actor).count() == len(ids)


class ProtectiveNote(ProtectiveRow):
    """What a reader wrote: encrypted {words} and, of a step, its result or a referral, {more}.

    Append-only. Who does a step and until when is in no column: nobody but the readers learns it.
    """

    case = models.ForeignKey(
        ProtectiveCase, on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    kind = models.CharField("何か", max_length=10, choices=ProtectiveNoteKind.choices)
    written_by = _person("書いた人")
    written_role = models.CharField("立場", max_length=40)
    written_at = models.DateTimeField("いつ", default=clock.now, editable=False)
    form_key = models.UUIDField(editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "守るためのケースの記録"
        ordering = ["-written_at"]
        constraints = [
            choices_check("kind", ProtectiveNoteKind),
            unique(["case", "form_key"], name="protective_note_form_once"),
        ]
        triggers = append_only_while_readable()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.written_at:%Y-%m-%d})"


class KeptEvidence(ProtectiveRow):
    """A copy of a sign's evidence under the case's own key: encrypted {title, lines}.

    A withdrawal of the consent to its source does not end it; the no of who confirms it does.
    """

    case = models.ForeignKey(
        ProtectiveCase, on_delete=models.PROTECT, related_name="evidence", db_index=False
    )
    sign_id = models.UUIDField("気づき", editable=False)  # the sign itself may be gone
    reason = models.CharField("なぜ残すか", max_length=10, choices=KeepReason.choices)
    kept_by = _person("残した人")
    kept_role = models.CharField("立場", max_length=40)
    kept_at = models.DateTimeField("残した時", default=clock.now, editable=False)
    confirmed_by = _person("確かめた人", null=True, blank=True)
    confirmed_at = models.DateTimeField("確かめた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "残した根拠"
        ordering = ["-kept_at"]
        constraints = [
            *choices_checks(reason=KeepReason),
            unique(["case", "sign_id"], name="kept_evidence_once"),
            check("kept_evidence_second_person", two_people("confirmed_by", "kept_by")),
        ]

    def __str__(self) -> str:
        return f"残した根拠 ({self.kept_at:%Y-%m-%d})"
