"""The audience of a notice or a broadcast: all enrolled students of a municipality, or of some of
its schools and grades. Nothing else about a student can narrow it.
"""

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.people.models import Student


@dataclass(frozen=True)
class StudentAudience:
    """All enrolled students of a municipality; schools and grades (empty: all) narrow it."""

    municipality_id: object
    school_ids: tuple = ()
    grades: tuple = ()

    def students(self) -> QuerySet[Student]:
        """The students of the audience."""
        found = Student.objects.enrolled().filter(municipality=self.municipality_id)
        if self.school_ids:
            found = found.filter(school__in=self.school_ids)
        return found.filter(grade__in=self.grades) if self.grades else found
