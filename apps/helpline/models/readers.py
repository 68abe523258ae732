"""Who may read one help request: a list of people, never a role."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.helpline.models.choices import ReaderBasis
from apps.people.models import Municipality, Role, User
from apps.people.permissions import municipalities_where, schools_where


class HelpReaderQuerySet(models.QuerySet):
    def current(self) -> models.QuerySet:
        """The rows that let somebody read."""
        return self.filter(ended_at=None).exclude(basis=ReaderBasis.KEPT_FROM)

    def of(self, user: User) -> models.QuerySet:
        """The rows that let this person in today: while they work at the student's school, or, on
        the route, in its city.
        """
        here = Q(request__student__school__in=schools_where(user, "help.answer"))
        on_route = Q(
            basis=ReaderBasis.ROUTE, municipality__in=municipalities_where(user, "help.answer")
        )
        return self.current().filter(here | on_route, person=user.pk)


class HelpReader(UUIDModel):
    """One person who may read one help request, and why. Nobody else sees that it exists.

    A row with the basis KEPT_FROM is the opposite: whom the student named as 見せたくない.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    request = models.ForeignKey(
        "helpline.HelpRequest", on_delete=models.PROTECT, related_name="readers", db_index=False
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField("なぜ読めるか", max_length=8, choices=ReaderBasis.choices)
    role = models.CharField("立場", max_length=40)
    added_at = models.DateTimeField("いつから", default=clock.now, editable=False)
    opened_at = models.DateTimeField("はじめて開いた時", null=True, blank=True)
    ended_at = models.DateTimeField("おわり", null=True, blank=True)

    objects = HelpReaderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "相談を読める人"
        ordering = ["added_at"]
        constraints = [
            choices_check("basis", ReaderBasis),
            unique(["request", "person"], name="help_reader_once"),
            check(
                "help_reader_opened_after_added",
                Q(opened_at=None) | Q(opened_at__gte=models.F("added_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_basis_display()}({self.role_label})"

    @property
    def role_label(self) -> str:
        """The role in which this person reads it, in words for staff."""
        return str(Role(self.role).label) if self.role in Role.values else self.role
