"""Students as in the roster."""

from datetime import date, datetime

from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import unique
from apps.core.models import UUIDModel
from apps.people import shown_names
from apps.people.models.former_identifiers import STUDENT_TRIGGERS
from apps.people.models.places import Municipality, School, SchoolClass
from apps.people.models.users import User


class StudentQuerySet(models.QuerySet):
    def enrolled(self) -> models.QuerySet:
        return self.filter(left_at=None)


class Student(UUIDModel):
    """A student as in the roster: names and codes, nothing more.

    ``master_id`` is userMasterIdentifier (UUID v4), by which a person is known, here and in LTI and
    xAPI; None where it turned out to belong to somebody else. ``source_id`` is the roster's own id
    and may be reused for somebody else next year. ``local_code`` is the 管理コード of the school's own
    system, as normalised by ``people.normalisation``. Only the month of birth is kept: enough to
    know from when the student decides alone. ``is_enabled`` False: the roster refuses sign-in.

    ``pin_reset_at`` is since when the PIN is unconfirmed: a first PIN
    was chosen, or staff (``pin_reset_by``) allowed a new one.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="students"
    )
    user = models.OneToOneField(
        User, verbose_name="アカウント", null=True, blank=True, on_delete=models.PROTECT
    )
    source_id = models.CharField("名簿の番号", max_length=64)
    master_id = models.UUIDField("共通ID", null=True, blank=True)
    local_code = models.CharField("管理コード", max_length=40, blank=True)
    family_name = models.CharField("姓", max_length=60)
    given_name = models.CharField("名", max_length=60)
    family_kana = models.CharField("姓(カナ)", max_length=60)
    given_kana = models.CharField("名(カナ)", max_length=60)
    grade = models.CharField("学年", max_length=3, blank=True)
    home_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, blank=True, on_delete=models.PROTECT,
        related_name="students",
    )  # fmt: skip
    attendance_number = models.PositiveSmallIntegerField("出席番号", null=True, blank=True)
    birth_month = models.DateField(
        "生まれた月", null=True, blank=True
    )  # always the first of the month
    is_enabled = models.BooleanField("名簿で 使える", default=True, db_default=True)
    left_at = models.DateTimeField("名簿から消えた時", null=True, blank=True)
    letters_by_lead = models.BooleanField(
        "手紙は 管理職が 渡す", default=False, db_default=False, editable=False
    )
    pin_reset_at = models.DateTimeField("確かめていない暗証番号の、はじまり", null=True, blank=True)
    pin_reset_by = models.ForeignKey(
        User, verbose_name="決めなおした人", null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    pin_chosen_at = models.DateTimeField("本人が暗証番号を決めた時", null=True, blank=True)
    pin_reset_confirmed_at = models.DateTimeField("本人がいたと確かめた時", null=True, blank=True)

    objects = StudentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "生徒"
        ordering = ["home_class__grade", "home_class__title", "attendance_number", "family_kana"]
        constraints = [
            unique(
                ["municipality", "school", "source_id"],
                name="student_source_once_at_school",
                condition=Q(left_at=None),
            ),
            unique(["municipality", "master_id"], name="student_master_once"),
            unique(
                ["municipality", "school", "local_code"],
                name="student_local_code_once",
                condition=~Q(local_code="") & Q(left_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["family_kana", "given_kana"], name="student_by_name"),
            models.Index(fields=["municipality", "source_id"], name="student_source"),
        ]
        triggers = STUDENT_TRIGGERS

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        shown_names.note_shown_person(self)
        return f"{self.family_name} {self.given_name}"

    @property
    def class_and_number(self) -> str:
        """The class (or school) and the number in it: for lists that show no name."""
        number = f" {self.attendance_number}番" if self.attendance_number else ""
        return f"{self.home_class or self.school}{number}"

    @property
    def has_unconfirmed_pin(self) -> bool:
        """Whether the PIN is new and not confirmed to be the student's own choice."""
        return self.pin_reset_at is not None and self.pin_reset_confirmed_at is None

    @property
    def has_unconfirmed_first_pin(self) -> bool:
        """The same for a first PIN, which no staff have reset."""
        return self.has_unconfirmed_pin and self.pin_reset_by_id is None

    @property
    def closed_before(self) -> datetime | None:
        """Content from before this time is hidden from whoever holds the PIN; None: nothing is.

        It is when the unconfirmed PIN was chosen; until then everything is hidden.
        """
        return (self.pin_chosen_at or clock.now()) if self.has_unconfirmed_pin else None

    def is_open_to(self, received_at: datetime, answered_on: date) -> bool:
        """Whether content that arrived then, about that day, is visible to whoever holds the PIN.

        Content from a tablet may arrive late: with an earlier day, it was written before the PIN.
        """
        closed = self.closed_before
        if closed is None:
            return True
        return received_at > closed and answered_on >= closed.astimezone(clock.JST).date()

    def reaches_age_on(self, age: int) -> date | None:
        """The first day on which the student is certainly ``age`` years old; None where unknown.

        Only the month of birth is known, so it is the first day of the month after.
        """
        if self.birth_month is None:
            return None
        months = self.birth_month.month % 12 + 1
        years = self.birth_month.year + age + (self.birth_month.month == 12)
        return date(years, months, 1)

    @property
    def is_enrolled(self) -> bool:
        return self.left_at is None
