"""The guard of pages that are for a student alone."""

from django.http import Http404, HttpRequest

from apps.people.models import Student


def current_student(request: HttpRequest) -> Student:
    """The enrolled student who is signed in. Raises Http404 for everybody else."""
    student = getattr(request.user, "student", None)
    if student is None or not student.is_enrolled:
        raise Http404("only for students")
    return student
