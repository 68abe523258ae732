"""Where a student keeps out everybody of the route, somebody outside the school still reads it."""

from apps.helpline.services import escalation
from apps.people.models import Role, StaffPost
from tests import factories
from tests.helpline.escalation_helpers import called, send
from tests.helpline.test_readers import later
from tests.helpline.test_routes import safe, town  # noqa: F401


def test_where_the_whole_route_is_named_the_citys_officers_read_it(safe, clock):  # noqa: F811
    spare = factories.staff_post(Role.CITY, None, of=safe.city, name="もう一人の市の人")
    StaffPost.objects.update(begins_on=None)
    names = "子どもを守る担当とほかの学校の人と市の担当者"
    found = send(safe, wanted="counsellor", kept_words=names)
    chosen = safe.counsellor.user_id
    current = set(found.readers.current().values_list("person_id", flat=True))
    assert current == {chosen, spare.user_id}
    assert found.is_protected
    escalation.escalate_due()
    later(clock, minutes=10)
    later(clock, minutes=20)
    assert called(found)[-1] == ("last", ["city"])
    # the officers named as well: the other people of the family centre
    centre = factories.staff_post(Role.FAMILY_CENTRE, None, of=safe.city, name="べつの窓口")
    StaffPost.objects.update(begins_on=None)
    found = send(safe, topic="adult", keeps_out=True, kept_words=f"{names}ともう一人の市の人")
    current = set(found.readers.current().values_list("person_id", flat=True))
    assert current == {centre.user_id}
