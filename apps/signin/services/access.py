"""Of which kind an account is, and whether the roster lets it sign in (enabledUser)."""

from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q, Value
from django.db.models.functions import Coalesce

from apps.core import clock
from apps.people.models import Guardian, StaffPost, Student, User
from apps.signin.ways_in import Kind, Parts, Way, kind_of, may_come

STOPPED_BY_ROSTER = (
    "学校の名簿で、このアカウントは止められています。学校または市の担当に聞いてください。"
)
STUDENT_STOPPED = (
    "｜学校《がっこう》の ｜名簿《めいぼ》で、｜入《はい》れない ように なって います。"
    "｜先生《せんせい》に ｜聞《き》いて ください。"
)
STUDENT_BY_CARD = (
    "｜生徒《せいと》の ｜人《ひと》は、カードと ｜暗証《あんしょう》｜番号《ばんごう》だけで"
    " ｜入《はい》ります。メールや パスワードは つかいません。"
)
NO_WAY_IN = "このアカウントでは、もう入れません。学校または市の担当に聞いてください。"


@dataclass(frozen=True)
class Access:
    """What an account is, and whether every part it has in a roster is switched off there.

    An account that is somebody in two schools may come in while one of them lets it. A row that
    has left the roster lets nobody in.
    """

    kind: Kind
    is_stopped: bool


def access_of(user: User) -> Access:
    """The kind of this account and whether the roster stops it; one trip to the database."""
    rows = list(_rows(user))
    there = {what for what, _, counts in rows if counts}
    before = {what for what, _, _ in rows}
    parts = Parts(
        is_student="student" in there,
        was_student="student" in before,
        is_guardian="guardian" in before,
        has_post="staff" in before,
    )
    said = {is_enabled for _, is_enabled, counts in rows if counts}
    kind = kind_of(parts, is_staff=user.is_staff, is_superuser=user.is_superuser)
    return Access(kind, said == {False})


def is_stopped_by_roster(user: User) -> bool:
    """Whether every part this account has in a roster is switched off there."""
    return access_of(user).is_stopped


def may_sign_in(user: User, way: Way) -> bool:
    """Whether a session of this account may begin this way."""
    return may_come(access_of(user).kind, way)


def why_not(kind: Kind) -> str:
    """Why a person of this kind does not come in by mail and password, in a sentence for them."""
    return STUDENT_BY_CARD if kind == Kind.STUDENT else NO_WAY_IN


def _rows(user):
    """(what, is_enabled, whether it counts today) of every row that is this account.

    A guardian whom the roster no longer names stays one: messages about what has ended come later.
    """
    today = clock.today()
    began = Q(begins_on=None) | Q(begins_on__lte=today)
    posts = StaffPost.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), user=user)
    return (
        Student.objects.filter(user=user)
        .values_list(Value("student"), "is_enabled", _holds(Q(left_at=None)))
        .union(
            Guardian.objects.filter(user=user).values_list(
                Value("guardian"), "is_enabled", _holds(Q(left_at=None))
            ),
            posts.values_list(Value("staff"), "is_enabled", _holds(began)),
        )
    )


def _holds(condition):
    return Coalesce(ExpressionWrapper(condition, output_field=BooleanField()), Value(False))
