"""Whether the roster lets an account sign in (enabledUser)."""

from apps.people.models import Guardian, StaffPost, Student

STOPPED_BY_ROSTER = (
    "学校の名簿で、このアカウントは止められています。学校または市の担当に聞いてください。"
)
STUDENT_STOPPED = (
    "｜学校《がっこう》の ｜名簿《めいぼ》で、｜入《はい》れない ように なって います。"
    "｜先生《せんせい》に ｜聞《き》いて ください。"
)


def is_stopped_by_roster(user) -> bool:
    """Whether every part this account has in a roster is switched off there.

    An account that is somebody in two schools may come in while one of them lets it. A row that
    has left the roster lets nobody in.
    """
    parts = (
        Student.objects.filter(user=user, left_at=None)
        .values_list("is_enabled")
        .union(
            Guardian.objects.filter(user=user, left_at=None).values_list("is_enabled"),
            StaffPost.objects.on_duty().filter(user=user).values_list("is_enabled"),
        )
    )  # one trip: every page of a signed-in person asks
    said = {is_enabled for (is_enabled,) in parts}
    return said == {False}
