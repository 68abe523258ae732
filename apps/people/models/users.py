"""Accounts."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property

from apps.core.constraints import choices_check
from apps.core.languages import PageLanguage
from apps.core.models import UUIDModel


class User(UUIDModel, AbstractUser):
    """An account. The person behind it is a Student, Guardian or StaffPost."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    session_epoch = models.PositiveIntegerField("サインインの世代", default=0, db_default=0)
    page_language = models.CharField(
        "画面の言葉",
        max_length=7,
        choices=PageLanguage.choices,
        blank=True,
        default="",
        db_default="",
    )  # "": not chosen, see apps.people.languages

    known_municipalities: set | None = None  # read once a request: see apps.people.account_kinds
    shown_as = ""  # 山田 花(管理職), set where an admin page names accounts of staff

    class Meta:
        verbose_name = verbose_name_plural = "アカウント"
        constraints = [choices_check("page_language", PageLanguage, blank=True)]

    def __str__(self) -> str:
        return self.shown_as or self.email or f"アカウント {str(self.pk)[:8]}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions depend on the password and ``session_epoch``: a new value of either ends them all.

        ``signin.services.credentials`` raises the epoch.
        """
        found = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        return f"{found}.{self.session_epoch}" if self.session_epoch else found

    @cached_property
    def current_posts(self) -> list:
        """The staff posts held today; read once a request."""
        return list(self.staff_posts.current().select_related("school", "school_class"))
