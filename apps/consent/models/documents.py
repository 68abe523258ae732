"""The documents that explain each purpose, version by version, and who has seen them."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.timezone import localtime

from apps.consent.models.choices import Decider, Purpose
from apps.core import clock
from apps.core.constraints import (
    array_choices_check,
    both_or_neither,
    check,
    choices_checks,
    two_people,
    unique,
)
from apps.core.models import UUIDModel, append_only, no_truncate
from apps.people.models import Municipality, Role, Student


class ConsentDocumentQuerySet(models.QuerySet):
    def published(self):
        return self.exclude(published_at=None)

    def in_force(self):
        """Published, and its publication was not stopped within its day."""
        stops = DocumentStop.objects.filter(document=models.OuterRef("pk"))
        return self.published().exclude(models.Exists(stops))

    def current(self):
        """The latest version in force of each purpose."""
        newer = self.model.objects.in_force().filter(
            municipality=models.OuterRef("municipality"),
            purpose=models.OuterRef("purpose"),
            version__gt=models.OuterRef("version"),
        )
        return self.in_force().exclude(models.Exists(newer))


class ConsentDocument(UUIDModel):
    """One version of the text about one purpose, for the guardian and for the student.

    The student's text carries ruby (｜今日《きょう》). Written by one person, reviewed by a second,
    published; a published version is followed by a new one, never edited. ``digest`` stands for all
    that was agreed to: the text, who may read, the retention time, and who decides.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    version = models.PositiveSmallIntegerField("版")
    question = models.CharField("たずねる文", max_length=200)
    what = models.TextField("何を")
    what_not = models.TextField("使わないもの", blank=True)
    source = models.CharField("どこから", max_length=200)
    recipients = models.CharField("だれが見る", max_length=200)
    kept = models.CharField("いつまで", max_length=200)
    aim = models.TextField("何のために")
    student_question = models.CharField("生徒にたずねる文", max_length=300)
    student_words = models.TextField("生徒への説明")
    readers = ArrayField(
        models.CharField(max_length=20, choices=Role.choices),
        verbose_name="内容を開ける立場",
        default=list,
        blank=True,
    )
    kept_days = models.PositiveSmallIntegerField("残す日数(長くても)", default=365)
    decider = models.CharField(
        "だれが決める", max_length=10, choices=Decider.choices, default=Decider.BOTH
    )
    alone_from_age = models.PositiveSmallIntegerField(
        "本人だけで決める年齢", null=True, blank=True, help_text="空なら、何歳でも上のとおり。"
    )
    digest_form = models.PositiveSmallIntegerField(default=2, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    reviewed_at = models.DateTimeField("確かめた時", null=True, blank=True)
    published_at = models.DateTimeField("公開した時", null=True, blank=True)
    digest = models.CharField("文面の要約値", max_length=43, blank=True, editable=False)

    objects = ConsentDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "説明文書"
        constraints = [
            unique(
                ["municipality", "purpose", "version"],
                name="document_version_once",
                message="この版は、もうあります。",
            ),
            check(
                "document_second_person",
                two_people("reviewed_by", "written_by"),
                "書いた人とは別の人が確かめてください。",
            ),
            check(
                "document_review_whole",
                both_or_neither("reviewed_by", "reviewed_at"),
                "確かめた人と時を、そろえてください。",
            ),
            # Seed documents have no author; what a person wrote, a second has reviewed.
            check(
                "document_published_reviewed",
                Q(published_at=None) | Q(written_by=None) | Q(reviewed_by__isnull=False),
                "公開の前に、書いた人とは別の人が確かめてください。",
            ),
            *choices_checks(purpose=Purpose, decider=Decider),
            array_choices_check("readers", Role),
            check(
                "document_age_plausible",
                Q(alone_from_age=None) | Q(alone_from_age__range=(12, 20)),
                "本人だけで決める年齢は、12歳から20歳までです。",
            ),
            check(
                "document_digest_form_known",
                Q(digest_form__in=(1, 2)),
                "説明文書の形が、この版では読めません。",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
            no_truncate(),
        ]

    def __str__(self):
        return f"{self.get_purpose_display()} 第{self.version}版"


class DocumentStop(models.Model):
    """The publication of a version was stopped: the version before it is in force again.

    Agreements to the stopped version count as before it; a refusal stays a refusal, and an answer
    that destroyed a key stays: that person is asked again.
    """

    document = models.OneToOneField(ConsentDocument, primary_key=True, on_delete=models.PROTECT)
    stopped_at = models.DateTimeField("止めた時", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "公開を止めた説明文書"
        triggers = append_only()

    def __str__(self):
        return str(self.document)


class DocumentDisplay(models.Model):
    """That a document was on somebody's screen, answered or not."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    document = models.ForeignKey(ConsentDocument, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shown_at = models.DateTimeField("見せた時", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "説明を見せた記録"
        constraints = [unique(["document", "student", "user"], name="document_shown_once")]
        triggers = append_only()

    def __str__(self):
        return f"{self.document} ({localtime(self.shown_at):%Y-%m-%d %H:%M})"
