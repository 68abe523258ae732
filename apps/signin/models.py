"""Rosters as they arrive, and what people are handed on paper to come in with."""

from datetime import datetime, time
from tempfile import TemporaryFile

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core import clock
from apps.core.models import UUIDModel, append_only, choices_check
from apps.people.models import Guardian, Municipality, Role, School, SchoolClass, Student
from apps.signin.guardian_arrivals import (  # noqa: F401 - tables of this app
    ArrivalConfirmation,
    ArrivalEvidence,
    ArrivalState,
    Evidence,
    GuardianArrival,
    GuardianObjection,
)
from apps.signin.letter_files import FileState, LetterFile  # noqa: F401 - tables of this app
from apps.signin.listed_guardians import (  # noqa: F401 - tables of this app
    GuardianList,
    ListedGuardian,
    ListState,
)
from apps.signin.pin_events import PinEvent, PinEventKind  # noqa: F401
from apps.signin.session_models import EndingReason, SessionEnding, UserSession  # noqa: F401
from apps.signin.staff_invitations import StaffInvitation  # noqa: F401
from apps.vault.models import SealedCode
from apps.vault.ring_columns import RingDigest


class ImportState(models.TextChoices):
    CHECKED = "checked", "確認まち"
    IMPORTED = "imported", "取り込みました"
    REFUSED = "refused", "取り込めません"
    FORGOTTEN = "forgotten", "取り込みませんでした"


class RosterImport(UUIDModel):
    """One uploaded roster zip: checked (dry run), then imported, refused or forgotten.

    The zip itself (its parts) is kept only between the check and the confirmation.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, on_delete=models.PROTECT
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="だれが",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    file_name = models.CharField("ファイル", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    state = models.CharField("状態", max_length=10, choices=ImportState.choices)
    report = models.JSONField("結果", default=dict)  # roster.Report.as_dict()
    created_at = models.DateTimeField("確かめた時", default=clock.now, editable=False)
    imported_at = models.DateTimeField("取り込んだ時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "名簿の取り込み"
        ordering = ["-created_at"]
        constraints = [choices_check("state", ImportState)]

    def __str__(self):
        return f"{self.file_name} ({self.get_state_display()})"

    @property
    def content(self):
        """The zip as a temporary file, or None where it is no longer (or was never) kept."""
        parts = self.parts.order_by("number").values_list("body", flat=True)
        file = TemporaryFile()  # noqa: SIM115 - gone with its last reader
        for body in parts.iterator(chunk_size=1):
            file.write(body)
        return file if file.tell() else file.close()


class RosterPart(models.Model):
    """A piece of a kept zip, small enough to hold in memory."""

    roster_import = models.ForeignKey(RosterImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["roster_import", "number"], name="roster_part_once")
        ]

    def __str__(self):
        return f"{self.number}"


class LoginCardQuerySet(models.QuerySet):
    def last_ones(self):
        """The last card of each student, whether it works or ended unused."""
        return self.filter(revoked_at=None)

    def valid(self):
        """Those that work."""
        in_time = models.Q(unused_until=None) | models.Q(unused_until__gt=clock.now())
        return self.last_ones().filter(in_time)

    def ended_unused(self):
        """Those that were not used in time and that nothing has replaced."""
        return self.last_ones().filter(unused_until__lte=clock.now())

    def with_pin(self):
        """Those whose PIN still matters: the next card keeps it."""
        return self.last_ones().exclude(pin_digest=None)


class LoginCard(SealedCode):
    """A student's card: a code (digest and seal) and, from first use, a PIN.

    Five wrong PINs in a row lock the card for a quarter of an hour; ten in a row, or ten in seven
    days whatever lay between, stop it until staff have the student choose the PIN anew. A new card
    keeps the PIN and what was tried. One that is not used until ``unused_until`` ends; after its
    first use, and until a reset, that is None.
    """

    code_label, codes_in_use, codes_what = "login card code", "valid", "codes of cards"
    ring_digests = (
        RingDigest(
            "pin_digest", "pin_ring_key", "with_pin", "PINs of cards",
            "each moves to the newest key when its student next signs in with the card; "
            "reset the PINs of those who do not come",
        ),
    )  # fmt: skip

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="login_cards"
    )
    pin_digest = models.BinaryField(
        null=True, editable=False
    )  # as apps.signin.pin_hashes writes it
    pin_ring_key = models.CharField(
        max_length=20, blank=True, default="", db_default="", editable=False
    )
    pin_bound_to = models.UUIDField(null=True, editable=False)  # the card it was first digested for
    pin_set_at = models.DateTimeField("暗証番号を決めた時", null=True, blank=True)
    failures = models.PositiveSmallIntegerField("つづけて まちがえた回数", default=0)
    locked_until = models.DateTimeField("止まっている間", null=True, blank=True)
    wrong_at = ArrayField(  # the newest wrong PINs, oldest first (apps.signin.services.pins)
        models.DateTimeField(), verbose_name="まちがえた時", default=list, db_default=[], blank=True
    )
    stopped_at = models.DateTimeField("止めた時", null=True, blank=True)
    entered_at = models.DateTimeField("さいごに入った時", null=True, blank=True)
    issued_at = models.DateTimeField("出した時", default=clock.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField("使えなくした時", null=True, blank=True)
    unused_until = models.DateTimeField("はじめて使う期限", null=True, blank=True)

    objects = LoginCardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "ログインカード"
        constraints = [
            models.UniqueConstraint(
                fields=["student"], condition=models.Q(revoked_at=None), name="one_valid_card"
            )
        ]

    def __str__(self):
        return f"カード {str(self.pk)[:8]}"


class PinReset(UUIDModel):
    """That staff let a student choose the PIN anew: shown to the student for thirty days."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    reset_at = models.DateTimeField("いつ")
    reset_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    reset_role = models.CharField("立場", max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = verbose_name_plural = "暗証番号の決めなおし"
        ordering = ["-reset_at"]
        constraints = [choices_check("reset_role", Role)]
        triggers = append_only()

    def __str__(self):
        return f"暗証番号の決めなおし ({self.reset_at:%Y-%m-%d})"


class InvitationQuerySet(models.QuerySet):
    def open(self):
        """Letters that nothing has ended yet: those of a child also before the hand-out day.

        A letter works to the end of the day that is printed on it. Not those of guardians whom
        the roster has switched off, nor of students who have left, or have left the school that
        wrote it: it leads nobody to the next one.
        """
        midnight = datetime.combine(clock.today(), time.min, clock.JST)
        of_guardian = models.Q(guardian__is_enabled=True, guardian__left_at=None)
        is_of_school = models.Q(school_class=None) | models.Q(
            school_class__school=models.F("student__school")
        )
        of_student = models.Q(student__left_at=None, student__isnull=False) & is_of_school
        living = self.filter(used_at=None, revoked_at=None, expires_at__gte=midnight)
        return living.filter(of_guardian | of_student)

    def usable(self):
        """Letters that let somebody in today."""
        handed_out = models.Q(works_from=None) | models.Q(works_from__lte=clock.today())
        return self.open().filter(handed_out)


class Invitation(SealedCode):
    """A letter: to one guardian whom a roster names, used once; or to a child's guardians.

    A letter of a child (``student``) is not used up: whoever scans it waits for the school, the
    second one beside the first. ``slip_number`` stands on the slip that is torn off, signed and
    brought back; it lets nobody in.
    """

    code_label, codes_in_use, codes_what = "invitation code", "usable", "codes of letters"

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", null=True, on_delete=models.PROTECT,
        related_name="invitations",
    )  # fmt: skip
    student = models.ForeignKey(
        Student, verbose_name="生徒", null=True, on_delete=models.PROTECT,
        related_name="invitations",
    )  # fmt: skip
    slip_number = models.CharField("控えの番号", max_length=12, null=True, unique=True)
    works_from = models.DateField("配る日", null=True)
    school_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("出した時", default=clock.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField("使える期限")
    used_at = models.DateTimeField("使った時", null=True, blank=True)
    revoked_at = models.DateTimeField("使えなくした時", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "招待の手紙"
        constraints = [
            models.UniqueConstraint(
                fields=["guardian"],
                condition=models.Q(used_at=None, revoked_at=None),
                name="one_open_invitation",
            ),
            models.UniqueConstraint(
                fields=["student"],
                condition=models.Q(used_at=None, revoked_at=None),
                name="one_open_letter_of_a_child",
            ),
            models.CheckConstraint(
                condition=models.Q(guardian=None) ^ models.Q(student=None),
                name="letter_of_a_guardian_or_a_child",
            ),
            models.CheckConstraint(
                condition=models.Q(student=None) | models.Q(used_at=None),
                name="letter_of_a_child_is_not_used_up",
            ),
        ]

    def __str__(self):
        return f"手紙 {str(self.pk)[:8]}"


class SheetKind(models.TextChoices):
    CARDS = "cards", "ログインカード"
    LETTERS = "letters", "招待の手紙"


class PrintedSheet(UUIDModel):
    """One printing of cards or letters: who, when, for which class or school. It holds no code.

    A print run of letters (a whole school) is revoked as one: a box that was stolen.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    kind = models.CharField("種類", max_length=10, choices=SheetKind.choices)
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="+"
    )
    school_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, on_delete=models.PROTECT, related_name="+"
    )
    hand_out_on = models.DateField("配る日", null=True)
    revoked_at = models.DateTimeField("使えなくした時", null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="使えなくした人", null=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="だれが",
        on_delete=models.PROTECT,
        related_name="+",
    )
    printed_role = models.CharField("立場", max_length=20, choices=Role.choices)
    printed_at = models.DateTimeField("印刷した時", default=clock.now, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "カードと手紙の印刷"
        ordering = ["-printed_at"]
        constraints = [choices_check("kind", SheetKind), choices_check("printed_role", Role)]

    def __str__(self):
        return f"{self.get_kind_display()} {self.school_class or self.school}"


class PrintedCode(UUIDModel):
    """One card or letter on a printed sheet: what its owner is told."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    sheet = models.ForeignKey(PrintedSheet, on_delete=models.PROTECT, related_name="codes")
    card = models.ForeignKey(
        LoginCard, null=True, on_delete=models.PROTECT, related_name="printings"
    )
    invitation = models.ForeignKey(
        Invitation, null=True, on_delete=models.PROTECT, related_name="printings"
    )

    class Meta:
        verbose_name = verbose_name_plural = "印刷したカードか手紙"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(card=None) ^ models.Q(invitation=None),
                name="printed_code_is_one_thing",
            ),
            models.UniqueConstraint(fields=["sheet", "card"], name="card_once_a_sheet"),
            models.UniqueConstraint(fields=["sheet", "invitation"], name="letter_once_a_sheet"),
        ]

    def __str__(self):
        return f"{self.sheet_id} {self.card_id or self.invitation_id}"
