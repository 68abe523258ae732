"""Django password validators for the rules of ``password_rules``, with their messages."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.municipality_scope import across_municipalities
from apps.people.models import Guardian, Municipality, School, StaffPost, Student
from apps.people.permissions import students_in_care
from apps.signin import password_rules

BREACHED = _(
    "このパスワードは、ほかで盗まれた一覧にのっていて、すぐに当てられます。ほかのものにしてください。"
)
OWN_WORDS = _(
    "このパスワードは、ポータル・市・学校・あなたの名前やメールアドレスの言葉がほとんどで、"
    "すぐに当てられます。関係のない言葉を足してください。"
)


class NotBreached:
    """Refuses passwords in the list of breached ones."""

    def validate(self, password, user=None):
        if password_rules.is_breached(password):
            raise ValidationError(BREACHED, code="password_breached")

    def get_help_text(self):
        return str(_("ほかで盗まれたことのあるパスワードは使えません。"))


class NotOwnWords:
    """Refuses passwords made mostly of well-known words or of the person's own names."""

    def validate(self, password, user=None):
        names = [*_places(), *(_names_of(user) if user is not None else [])]
        words = password_rules.guessable_words(names, getattr(user, "email", "") or "")
        if password_rules.is_own_words(password, words):
            raise ValidationError(OWN_WORDS, code="password_own_words")

    def get_help_text(self):
        return str(
            _("ポータル・市・学校・自分や子どもの名前・メールアドレスの言葉だけにはできません。")
        )


@across_municipalities
def _places():
    """The names of cities and schools."""
    names = Municipality.objects.values_list("name", flat=True)
    return [*names, *School.objects.values_list("name", flat=True)]


@across_municipalities
def _names_of(user):
    """The names of this person in rosters and posts, and those of a guardian's children."""
    columns = ("family_name", "given_name", "family_kana", "given_kana")
    guardians = Guardian.objects.filter(user=user.pk).values_list(*columns)
    children = Student.objects.filter(students_in_care(user)).values_list(*columns)
    posts = StaffPost.objects.filter(user=user.pk).values_list("name")
    return [name for row in [*guardians, *children, *posts] for name in row if name]
