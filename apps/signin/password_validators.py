"""The rules of ``password_rules`` as Django asks for them, with their sentences."""

from django.core.exceptions import ValidationError

from apps.people.models import Guardian, Municipality, School, StaffPost, Student
from apps.people.permissions import students_in_care
from apps.signin import password_rules

BREACHED = "このパスワードは、ほかで盗まれた一覧にのっていて、すぐに当てられます。ほかのものにしてください。"
OWN_WORDS = (
    "このパスワードは、ポータル・市・学校・あなたの名前やメールアドレスの言葉がほとんどで、"
    "すぐに当てられます。関係のない言葉を足してください。"
)


class NotBreached:
    """Refuses what is among the breached passwords of the list that ships with us."""

    def validate(self, password, user=None):
        if password_rules.is_breached(password):
            raise ValidationError(BREACHED, code="password_breached")

    def get_help_text(self):
        return "ほかで盗まれたことのあるパスワードは使えません。"


class NotOwnWords:
    """Refuses what is mostly words that everybody here knows, or that belong to the person."""

    def validate(self, password, user=None):
        names = [*_places(), *(_names_of(user) if user is not None else [])]
        words = password_rules.guessable_words(names, getattr(user, "email", "") or "")
        if password_rules.is_own_words(password, words):
            raise ValidationError(OWN_WORDS, code="password_own_words")

    def get_help_text(self):
        return "ポータル・市・学校・自分や子どもの名前・メールアドレスの言葉だけにはできません。"


def _places():
    """The names of cities and schools."""
    names = Municipality.objects.values_list("name", flat=True)
    return [*names, *School.objects.values_list("name", flat=True)]


def _names_of(user):
    """The names by which rosters and posts know this person, and those of a guardian's children."""
    columns = ("family_name", "given_name", "family_kana", "given_kana")
    guardians = Guardian.objects.filter(user=user.pk).values_list(*columns)
    children = Student.objects.filter(students_in_care(user)).values_list(*columns)
    posts = StaffPost.objects.filter(user=user.pk).values_list("name")
    return [name for row in [*guardians, *children, *posts] for name in row if name]
