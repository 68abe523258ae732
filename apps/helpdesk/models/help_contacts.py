"""How to reach the helpdesk or a school, as the city has entered it."""

from django.db import models
from django.db.models import Q

from apps.core.constraints import check, unique
from apps.core.models import PhoneField, UUIDModel
from apps.people.models import Municipality, School


class HelpContact(UUIDModel):
    """The contact of one school, or (without a school) of the helpdesk of a municipality."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    school = models.ForeignKey(
        School, verbose_name="学校(空欄はヘルプデスク)", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    phone = PhoneField("電話", max_length=60, blank=True)
    email = models.EmailField("メール", blank=True)
    hours = models.CharField("受け付ける日と時間", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "聞くところ(連絡先)"
        ordering = ["school__name", "pk"]
        constraints = [
            unique(
                ["municipality", "school"], name="help_contact_once", nulls_distinct=False,
                message="その連絡先は、もうあります。",
            ),
            check(
                "help_contact_reachable", ~Q(phone="") | ~Q(email=""),
                "電話かメールを入れてください。",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.school.name if self.school else "ヘルプデスク"
