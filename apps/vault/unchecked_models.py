"""The base of sealed rows of which there are very many."""

from django.db import models

from apps.people.models import Municipality, Student
from apps.vault.models import SealedRow


class UncheckedSealedRow(SealedRow):
    """A sealed row of which there are very many: its references are not checked row by row.

    The statement that writes it locks the key's row, whose own references (city, student) are
    checked.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False,
        db_constraint=False,
    )  # fmt: skip
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip

    class Meta:
        abstract = True
