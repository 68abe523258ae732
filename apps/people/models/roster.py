"""Municipalities, schools, classes and the people in them, as in the roster."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from apps.core import clock
from apps.core.languages import PageLanguage
from apps.core.models import UUIDModel, choices_check
from apps.people import grades, shown_names
from apps.people.models.former_identifiers import CLASS_TRIGGERS, STUDENT_TRIGGERS


class User(UUIDModel, AbstractUser):
    """An account. The person behind it is a Student, Guardian or StaffPost."""

    first_name = None
    last_name = None
    session_epoch = models.PositiveIntegerField("サインインの世代", default=0, db_default=0)
    page_language = models.CharField(
        "画面の言葉",
        max_length=7,
        choices=PageLanguage.choices,
        blank=True,
        default="",
        db_default="",
    )  # "": not chosen, see apps.people.languages

    class Meta:
        verbose_name = verbose_name_plural = "アカウント"
        constraints = [choices_check("page_language", PageLanguage, blank=True)]

    def __str__(self):
        return self.email or f"アカウント {str(self.pk)[:8]}"

    def _get_session_auth_hash(self, secret=None):
        """Sessions depend on the password and ``session_epoch``: a new value of either ends them all.

        ``signin.services.credentials`` raises the epoch.
        """
        found = super()._get_session_auth_hash(secret)
        return f"{found}.{self.session_epoch}" if self.session_epoch else found

    @cached_property
    def current_posts(self):
        """The staff posts held today; read once a request."""
        return list(self.staff_posts.current().select_related("school", "school_class"))


class Municipality(UUIDModel):
    code = models.CharField("教育委員会コード", max_length=6, unique=True)
    name = models.CharField("名前", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "自治体"

    def __str__(self):
        return self.name


class School(UUIDModel):
    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="schools"
    )
    source_id = models.CharField("名簿の番号", max_length=64)
    code = models.CharField("学校コード", max_length=13)
    name = models.CharField("名前", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "学校"
        constraints = [
            models.UniqueConstraint(fields=["municipality", "code"], name="school_code_once"),
        ]

    def __str__(self):
        return self.name


class SchoolClassQuerySet(models.QuerySet):
    def current(self):
        return self.filter(gone_at=None)


class SchoolClass(UUIDModel):
    """A homeroom class (学級) of one school year."""

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="classes"
    )
    source_id = models.CharField("名簿の番号", max_length=64)
    school_year = models.PositiveSmallIntegerField("年度")
    grade = models.CharField("学年", max_length=3, blank=True)  # J1 = 中学1年 (P1–H3)
    title = models.CharField("学級", max_length=60)
    special_needs = models.BooleanField("特別支援学級", default=False)
    gone_at = models.DateTimeField("名簿から消えた時", null=True, blank=True)

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学級"
        ordering = ["school", "grade", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "school", "source_id"], name="class_source_once"
            )
        ]
        triggers = CLASS_TRIGGERS

    def __str__(self):
        return self.title


class StudentQuerySet(models.QuerySet):
    def enrolled(self):
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

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
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
        SchoolClass,
        verbose_name="学級",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="students",
    )
    attendance_number = models.PositiveSmallIntegerField("出席番号", null=True, blank=True)
    birth_month = models.DateField(
        "生まれた月", null=True, blank=True
    )  # always the first of the month
    is_enabled = models.BooleanField("名簿で 使える", default=True, db_default=True)
    left_at = models.DateTimeField("名簿から消えた時", null=True, blank=True)
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
            models.UniqueConstraint(
                fields=["municipality", "school", "source_id"],
                condition=Q(left_at=None),
                name="student_source_once_at_school",
            ),
            models.UniqueConstraint(
                fields=["municipality", "master_id"], name="student_master_once"
            ),
            models.UniqueConstraint(
                fields=["municipality", "school", "local_code"],
                condition=~Q(local_code="") & Q(left_at=None),
                name="student_local_code_once",
            ),
        ]
        indexes = [models.Index(fields=["municipality", "source_id"], name="student_source")]
        triggers = STUDENT_TRIGGERS

    def __str__(self):
        return self.full_name

    @property
    def full_name(self):
        shown_names.note_shown_person(self)
        return f"{self.family_name} {self.given_name}"

    @property
    def has_unconfirmed_pin(self):
        """Whether the PIN is new and not confirmed to be the student's own choice."""
        return self.pin_reset_at is not None and self.pin_reset_confirmed_at is None

    @property
    def has_unconfirmed_first_pin(self):
        """The same for a first PIN, which no staff have reset."""
        return self.has_unconfirmed_pin and self.pin_reset_by_id is None

    @property
    def closed_before(self):
        """Content from before this time is hidden from whoever holds the PIN; None: nothing is.

        It is when the unconfirmed PIN was chosen; until then everything is hidden.
        """
        return (self.pin_chosen_at or clock.now()) if self.has_unconfirmed_pin else None

    def is_open_to(self, received_at, answered_on):
        """Whether content that arrived then, about that day, is visible to whoever holds the PIN.

        Content from a tablet may arrive late: with an earlier day, it was written before the PIN.
        """
        closed = self.closed_before
        if closed is None:
            return True
        return received_at > closed and answered_on >= closed.astimezone(clock.JST).date()

    def reaches_age_on(self, age):
        """The first day on which the student is certainly ``age`` years old; None where unknown.

        Only the month of birth is known, so it is the first day of the month after.
        """
        if self.birth_month is None:
            return None
        months = self.birth_month.month % 12 + 1
        years = self.birth_month.year + age + (self.birth_month.month == 12)
        return date(years, months, 1)

    @property
    def is_enrolled(self):
        return self.left_at is None


class Role(models.TextChoices):
    HOMEROOM = "homeroom", "担任"
    NURSE = "nurse", "養護教諭"
    COUNSELLOR = "counsellor", "スクールカウンセラー"
    SOCIAL_WORKER = "social_worker", "スクールソーシャルワーカー"
    PRINCIPAL = "principal", "管理職"
    YEAR_HEAD = "year_head", "学年主任"
    OFFICE = "office", "事務"
    TEACHER = "teacher", "教員"
    CITY = "city", "市の担当者"
    HELPDESK = "helpdesk", "ヘルプデスク"
    PRIVACY = "privacy", "個人情報保護の担当"
    FAMILY_CENTRE = "family_centre", "こども家庭センターの担当"


# Posts for a whole municipality (or for one school, where they name it); all others name a school.
CITY_WIDE_ROLES = frozenset({Role.CITY, Role.HELPDESK, Role.PRIVACY, Role.FAMILY_CENTRE})


class StaffPostQuerySet(models.QuerySet):
    def current(self, on=None):
        """Posts that give rights on a day: held then, and not switched off by the roster."""
        return self.on_duty(on).filter(is_enabled=True)

    def on_duty(self, on=None):
        """Posts held on a day."""
        on = on or clock.today()
        return self.filter(ended_at=None, is_waiting=False).filter(
            Q(ends_on=None) | Q(ends_on__gte=on), Q(begins_on=None) | Q(begins_on__lte=on)
        )


class StaffPost(UUIDModel):
    """A role of a member of staff at a place, from when to when.

    A teacher named by the roster has a post before they have an account. ``grade`` is of a
    head of the year alone.

    ``ended_at``: ended by people; no roster and no date brings it back.
    ``is_waiting``: one of the first two of an installation, until the other has confirmed it.
    ``held_over_on``: the day its end was postponed, because nobody else held such a post.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT
    )
    school_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, blank=True, on_delete=models.PROTECT
    )
    user = models.ForeignKey(
        User,
        verbose_name="アカウント",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="staff_posts",
    )
    source_id = models.CharField("名簿の番号", max_length=64, blank=True)
    master_id = models.UUIDField("共通ID", null=True, blank=True)
    name = models.CharField("名前", max_length=120)
    grade = models.CharField("学年", max_length=3, blank=True, default="", db_default="")
    role = models.CharField("立場", max_length=20, choices=Role.choices)
    begins_on = models.DateField("はじまり", null=True, blank=True)
    ends_on = models.DateField("おわり", null=True, blank=True)
    is_enabled = models.BooleanField("名簿で 使える", default=True, db_default=True)
    renewed_on = models.DateField("続けると確かめた日", null=True, blank=True)
    renewal_asked_on = models.DateField("続けるかをたずねた日", null=True, blank=True)
    ended_at = models.DateTimeField("終わりにした時", null=True, blank=True)
    is_waiting = models.BooleanField("もう一人を待つ", default=False, db_default=False)
    extended_on = models.DateField("終わりをのばした日", null=True, blank=True)

    objects = StaffPostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "職員の担当"
        constraints = [
            choices_check("role", Role),
            models.CheckConstraint(
                condition=Q(school__isnull=False) | Q(role__in=sorted(CITY_WIDE_ROLES)),
                name="school_post_has_school",
            ),
            models.CheckConstraint(
                condition=Q(role="year_head") & ~Q(grade="") | ~Q(role="year_head") & Q(grade=""),
                name="year_head_has_a_grade",
                violation_error_message="学年主任には、学年がいります。ほかの立場には、いりません。",
            ),
            models.UniqueConstraint(
                fields=["municipality", "source_id", "school", "role"],
                condition=~Q(source_id="") & Q(ends_on=None),
                name="post_source_once",
            ),
        ]

    def __str__(self):
        place = self.school_class or self.school or self.municipality
        grade = f" {grades.GRADE_NAMES.get(self.grade, self.grade)}" if self.grade else ""
        return f"{self.get_role_display()} ({place}{grade})"


class SchoolBreakQuerySet(models.QuerySet):
    def spans(self, school_id):
        """[(first day, last day)] of a school's breaks, for the pure rules."""
        return list(self.filter(school=school_id).values_list("begins_on", "ends_on"))


class SchoolBreak(UUIDModel):
    """Days off of a school besides weekends and national holidays; both ends included."""

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="breaks"
    )
    title = models.CharField("名前", max_length=40)
    begins_on = models.DateField("はじまり")
    ends_on = models.DateField("おわり(この日まで休み)")

    objects = SchoolBreakQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学校の休み"
        ordering = ["-begins_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("begins_on")),
                name="break_ends_after_it_begins",
                violation_error_message="おわりの日は、はじまりの日より前にできません。",
            )
        ]

    def __str__(self):
        return f"{self.title} ({self.begins_on} – {self.ends_on})"
