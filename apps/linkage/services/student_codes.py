"""Resolves a code of a file to exactly one student, or says why to none."""

from functools import cached_property

from django.db.models import Case, Count, F, Func, Value, When

from apps.people.normalisation import without_leading_zeros

UNKNOWN_CODE = "名簿に ない 管理コードです。"
LEADING_ZEROS_MISSING = (
    "名簿に ない 管理コードです。先頭の 0 が 消えて いませんか(0を 足すと 名簿に あります)。"
)
AMBIGUOUS_CODE = "この 管理コードに 合う 生徒が 2人より 多く います(先頭の 0を のぞくと 同じ)。"
_BARE = Func(F("local_code"), Value("0"), function="LTRIM")


class StudentCodes:
    """The codes of the ``students`` (queryset) that a source may name."""

    def __init__(self, students):
        self._coded = students.enrolled().exclude(local_code="").order_by()

    def is_ambiguous(self, code: str) -> bool:
        """Whether several students have this code, or would after a spreadsheet dropped leading
        zeros.
        """
        return without_leading_zeros(code) in self._alike

    def why_unknown(self, code: str) -> str:
        """A sentence for a code that no student has."""
        if self.is_ambiguous(code):
            return AMBIGUOUS_CODE
        return (
            LEADING_ZEROS_MISSING
            if without_leading_zeros(code) in self._bare_of_zeros
            else UNKNOWN_CODE
        )

    @cached_property
    def _alike(self):
        """The codes, without leading zeros, of more than one student; nearly always none."""
        bare = Case(When(local_code__regex=r"^[0-9]+$", then=_BARE), default=F("local_code"))
        shared = self._coded.values(bare=bare).annotate(n=Count("pk")).filter(n__gt=1)
        return {found["bare"] or "0" for found in shared}

    @cached_property
    def _bare_of_zeros(self):
        """The codes that begin with 0, as a spreadsheet would leave them."""
        codes = self._coded.filter(local_code__startswith="0")
        return {without_leading_zeros(code) for code in codes.values_list("local_code", flat=True)}
