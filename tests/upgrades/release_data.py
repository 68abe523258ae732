"""A step: migrates an empty database and fills it through the services; prints who is in it."""

import json
import uuid
from datetime import date, time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from apps.checkins.services import question_sets, submissions  # noqa: E402
from apps.consent.models import Programme, Purpose  # noqa: E402
from apps.core.municipality_scope import everywhere  # noqa: E402
from apps.helpline.models import WantedRole  # noqa: E402
from apps.helpline.services import help_requests  # noqa: E402
from apps.notices.models import Notice  # noqa: E402
from apps.push.services import broadcasts  # noqa: E402
from tests import factories  # noqa: E402
from tests.backup.drill_families import seal_history, withdraw  # noqa: E402
from tests.cast import make_cast  # noqa: E402
from tests.quick_migrations import quick_migrations  # noqa: E402
from tests.vault.sealing_helpers import write  # noqa: E402

ATTENDANCE, REVIEW = Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/of-a-release"


def fill():
    cast = make_cast()
    Programme.objects.update(ends_on=date(2099, 12, 31))  # in force whenever the test runs
    question_sets.seed_questions()
    questions = question_sets.current_question_set()
    factories.duty_roster(cast, hours=(time.min, time.max), weekdays=range(7))
    for student in (cast.sakura, cast.ren):
        for purpose in (ATTENDANCE, REVIEW):
            factories.make_effective(student, purpose)
        write(student, ATTENDANCE, {"code": "LATE"}, name=student.pk.bytes)
    submissions.submit(
        student=cast.sakura, question_set=questions, answers={"mood": 3}, client_key=uuid.uuid4()
    )
    help_requests.send_help_request(
        student=cast.sakura, wanted=WantedRole.ANYONE, form_key=uuid.uuid4(), words="はなしたい"
    )
    Notice.objects.create(
        municipality=cast.city, title="題", body="本文", written_by=cast.officer.user
    )
    broadcasts.subscribe(
        cast.sakura.user,
        ENDPOINT,
        settings.VAPID_PUBLIC_KEY,
        "A" * 22,  # any point of the curve
    )
    seal_history()
    withdraw(cast.ren)
    seal_history()
    return {
        "student": str(cast.sakura.pk),
        "users": {
            "student": str(cast.sakura.user_id), "guardian": str(cast.midori.user_id),
            "principal": str(cast.principal.user_id),
        },
    }  # fmt: skip


with quick_migrations():
    call_command("migrate", verbosity=0)
call_command("init_share_store", verbosity=0)
with everywhere("after_restore"):
    print(json.dumps(fill()))  # noqa: T201
