"""Free text of check-ins that is kept apart from them, and from whom."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import array_choices_check, check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, Role, StaffPost, Student, User
from apps.people.permissions import not_own_class, posts_with, students_of_posts
from apps.people.services.outside_readers import (
    accounts_outside,
    cities_last_read_by,
    cities_read_beyond_by,
    cities_read_by,
    last_accounts,
)
from apps.people.services.person_accounts import accounts_of_person
from apps.vault.models import SealedQuerySet, SealedRow


class WordsExclusion(UUIDModel):
    """Somebody of the staff who reads none of a student's free text, because the student said so."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField("いつから", default=clock.now, editable=False)
    ended_at = models.DateTimeField("おわり", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "言葉を見せない人"
        constraints = [
            unique(["student", "person"], name="words_exclusion_once", condition=Q(ended_at=None)),
            check(
                "words_exclusion_ends_later",
                Q(ended_at=None) | Q(ended_at__gte=F("since")),
                "おわりは、はじまりより後です。",
            ),
        ]
        indexes = [models.Index(fields=["student", "person"], name="words_exclusion_of")]

    def __str__(self) -> str:
        return f"言葉を見せない人 ({self.since:%Y-%m-%d})"


class WordsReaders(models.TextChoices):
    """Who may read a free text, apart from whom the student keeps out."""

    SCHOOL = "school", _("学校の人")
    SCHOOL_AND_ROUTE = "both", _("学校の人(担任のほか)と、市が決めた相談先")
    ROUTE = "route", _("市が決めた相談先だけ")


class WithheldWordsQuerySet(SealedQuerySet):
    def at_school(self, user: User) -> "WithheldWordsQuerySet":
        """Those this person may read with the check-in: by a post, never by emergency access."""
        in_charge = students_of_posts(user, "checkins.view", "student__")
        found = self.filter(in_charge).exclude(readers=WordsReaders.ROUTE)
        found = found.exclude(Exists(_homeroom(user)), readers=WordsReaders.SCHOOL_AND_ROUTE)
        return found.not_kept_from(user)

    def on_route(self, user: User) -> "WithheldWordsQuerySet":
        """Those this person may read as somebody outside the school: by the city's route."""
        schools = {post.school_id for post in posts_with(user, "help.answer")} - {None}
        of_route = Q(municipality__in=cities_read_by(user))
        for city in cities_last_read_by(user) - cities_read_by(user):
            is_left_to_last = Q(risen_at__isnull=False) | _no_reader_left(accounts_outside(city))
            of_route |= Q(municipality=city) & is_left_to_last
        for city in cities_read_beyond_by(user) - cities_read_by(user):
            nobody = _no_reader_left(accounts_outside(city)) & _no_reader_left(last_accounts(city))
            of_route |= Q(municipality=city) & nobody
        found = self.exclude(readers=WordsReaders.SCHOOL).filter(of_route)
        return found.exclude(student__school__in=schools).not_kept_from(user)

    def unopened(self) -> "WithheldWordsQuerySet":
        """Those for the route that nobody outside has opened, and that have not risen."""
        return self.exclude(readers=WordsReaders.SCHOOL).filter(opened_at=None, risen_at=None)

    def not_kept_from(self, user: User) -> "WithheldWordsQuerySet":
        """Those neither kept from this person, by any of their accounts, nor of their own family."""
        kept = _exclusions(accounts_of_person(user))
        return self.filter(not_own_class(user, "student__")).exclude(Exists(kept))


def _exclusions(accounts: Iterable[UUID]) -> models.QuerySet:
    """The exclusions of these accounts that counted when the text arrived."""
    return WordsExclusion.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=OuterRef("received_at")),
        person__in=list(accounts), student=OuterRef("student"), since__lte=OuterRef("received_at"),
    )  # fmt: skip


def _no_reader_left(account_ids: Iterable[UUID]) -> Q:
    """A Q for texts that each of these people is kept out from, or works beside."""
    found = Q()
    for reader in User.objects.filter(pk__in=list(account_ids)):
        accounts = accounts_of_person(reader)
        beside = StaffPost.objects.current().filter(
            user__in=accounts, school=OuterRef("student__school")
        )
        found &= Q(Exists(_exclusions(accounts))) | Q(Exists(beside))
    return found


def _homeroom(user: User) -> models.QuerySet:
    """The posts of this person as homeroom teacher of the student's class."""
    return StaffPost.objects.current().filter(
        user__in=accounts_of_person(user), role=Role.HOMEROOM,
        school_class=OuterRef("student__home_class"),
    )  # fmt: skip


class WithheldWords(SealedRow):
    """The free text of one check-in, encrypted {answers, kept_words}, with readers of its own.

    The check-in is stored as if nothing had been written, so that whoever is kept out finds what
    they would find then: no text, no second body, no count. ``check_in_id`` is the check-in. It is
    encrypted with the key of check-ins and goes with its check-in.
    """

    opens_hidden: ClassVar[bool] = True
    check_in_id = models.UUIDField(editable=False)
    body_digest = models.BinaryField(editable=False)
    readers = models.CharField("読む人", max_length=8, choices=WordsReaders.choices)
    answered_on = models.DateField("いつの分")
    received_at = models.DateTimeField("届いた時", default=clock.now)
    opened_at = models.DateTimeField("相談先がはじめて開いた時", null=True, blank=True)
    risen_at = models.DateTimeField("だれも開かず、市の担当者に知らせた時", null=True, blank=True)
    seen_roles = ArrayField(  # of the school's people who opened it, for the student
        models.CharField(max_length=20, choices=Role.choices), default=list, db_default=[],
        blank=True, editable=False,
    )  # fmt: skip

    objects = WithheldWordsQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "チェックインに書かれた言葉"
        ordering = ["received_at"]
        constraints = [
            choices_check("readers", WordsReaders),
            array_choices_check("seen_roles", Role),
            unique(["check_in_id", "body_digest"], name="withheld_words_once"),
        ]
        indexes = [
            models.Index(
                fields=["municipality", "received_at"], name="withheld_words_of_route",
                condition=~Q(readers="school"),
            ),
            models.Index(  # what nobody outside has opened
                fields=["received_at"], name="withheld_words_unopened",
                condition=~Q(readers="school") & Q(opened_at=None, risen_at=None),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.answered_on} に書かれた言葉"

    @classmethod
    def may_all_be_opened(cls, rows, actor):
        """Whether this person is a reader of every one of these texts."""
        ids = {row.pk for row in rows}
        found = set()
        for readable in (cls.objects.at_school(actor), cls.objects.on_route(actor)):
            found |= set(readable.filter(pk__in=ids).values_list("pk", flat=True))
        return found == ids
