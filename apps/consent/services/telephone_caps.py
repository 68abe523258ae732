"""How many students' use one person may stop by telephone a day without a second person."""

from uuid import UUID

from apps.consent.models import Response, TelephoneAnswer, TelephoneAnswerState
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.core import clock
from apps.core.municipality_scope import across_municipalities
from apps.core.time_zone import midnight
from apps.people.act_types import MOST_STOPPED_A_DAY
from apps.people.models import Student, User
from apps.people.services.person_accounts import accounts_of_person
from apps.vault.models import SubjectKey

TOO_MANY = (
    "きょう、あなたが電話で止めた{n}人の項目を、まだだれも確かめていません。"
    "ほかの人が確かめてから続けるか、急ぐときは、ほかの人が入力します。"
)


def check_stops_of_today(student: Student, answers: dict, by: User) -> None:
    """Raises paper_forms.CannotEnterAnswers where ``answers`` stop a purpose in use and it is one
    too many.

    A no to what was never in use stops nothing and is not counted, nor is what somebody has
    confirmed. Only one note of this person at a time, until the transaction ends.
    """
    stopped = [purpose for purpose, response in answers.items() if response != Response.GIVEN]
    if not SubjectKey.objects.filter(student=student, purpose__in=stopped).exists():
        return
    own_accounts = accounts_of_person(by)
    accounts = User.objects.filter(pk__in=own_accounts).order_by("pk")
    list(accounts.select_for_update(no_key=True).values_list("pk"))
    n = len(_stopped_today(own_accounts) - {student.pk})
    if n >= MOST_STOPPED_A_DAY:
        raise CannotEnterAnswers(TOO_MANY.format(n=n))


@across_municipalities
def _stopped_today(accounts) -> set[UUID]:
    """The students, in any city, whose use these accounts stopped today and nobody confirmed."""
    calls = TelephoneAnswer.objects.filter(
        entered_by__in=accounts,
        state=TelephoneAnswerState.WAITING,
        entered_at__gte=midnight(clock.today()),
    )
    stopping = [call for call in calls if call.stops]
    keys = SubjectKey.objects.filter(student__in={call.student_id for call in stopping})
    in_use = set(keys.values_list("student", "purpose"))
    return {
        call.student_id for call in stopping for purpose, response in call.answers.items()
        if response != Response.GIVEN and (call.student_id, purpose) in in_use
    }  # fmt: skip
