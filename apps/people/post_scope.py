"""Which students and places one staff post includes."""

from apps.people.models import Municipality, Role, School, SchoolClass, Student

# For every student of the school of the post. A social worker has one post a school.
SCHOOL_WIDE_ROLES = {
    Role.NURSE, Role.COUNSELLOR, Role.SOCIAL_WORKER, Role.PRINCIPAL, Role.OFFICE,
}  # fmt: skip


def post_includes_student(post, student):
    """Whether a student is among those a post is for."""
    if post.role in SCHOOL_WIDE_ROLES:
        return post.school_id == student.school_id
    if post.role == Role.HOMEROOM:
        return post.school_class_id is not None and post.school_class_id == student.home_class_id
    if post.role == Role.YEAR_HEAD:
        return (post.school_id, post.grade) == (student.school_id, student.grade)
    return post.municipality_id == student.municipality_id and post.school_id in (
        None,
        student.school_id,
    )


def post_includes_place(post, at):
    """Whether a post is for this place; True where no place is given."""
    if at is None:
        return True
    if isinstance(at, Student):
        return post.role != Role.TEACHER and post_includes_student(post, at)
    if isinstance(at, Municipality):
        return post.municipality_id == at.pk
    if isinstance(at, School):
        return post.school_id == at.pk or (
            post.school_id is None and post.municipality_id == at.municipality_id
        )
    if isinstance(at, SchoolClass):
        return _has_class(post, at) and post_includes_place(post, at.school)
    return _reaches_row(post, at)


def _has_class(post, school_class):
    if post.role == Role.HOMEROOM:
        return post.school_class_id == school_class.pk
    return post.role != Role.YEAR_HEAD or post.grade == school_class.grade


def _reaches_row(post, row):
    """The most precise place of a row counts: student, class, school, municipality."""
    for name in ("student", "school_class", "school"):
        if getattr(row, f"{name}_id", None) is not None:
            return post_includes_place(post, getattr(row, name))
    if getattr(row, "municipality_id", None) is None:
        return True
    is_there = post.municipality_id == row.municipality_id
    return is_there and (post.school_id is None or not hasattr(row, "school_id"))
