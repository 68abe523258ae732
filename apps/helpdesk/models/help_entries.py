"""Help pages that a municipality writes itself."""

from django.db import models
from django.db.models import Q

from apps.core.constraints import check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality


class HelpEntry(UUIDModel):
    """One text beside the help pages of the portal; a draft until the city shows it."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    for_students = models.BooleanField("生徒に見せる", default=False)
    for_guardians = models.BooleanField("保護者に見せる", default=True)
    title = models.CharField("見出し", max_length=80)
    body = models.TextField("文", max_length=1000)
    is_draft = models.BooleanField("下書き", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "市の「困ったときは」"
        ordering = ["title", "pk"]
        constraints = [
            unique(["municipality", "title"], name="help_entry_once",
                   message="同じ見出しのものがあります。"),
            check("help_entry_for_somebody", Q(for_students=True) | Q(for_guardians=True),
                  "だれに見せるかを選んでください。"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title}(下書き)" if self.is_draft else self.title
