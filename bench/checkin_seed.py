"""An invented school whose students have all agreed and signed in; prints the data that the load
needs.

``python -m bench.checkin_seed N [M FILE]`` → {"municipality", "question_set", "sessions"} as JSON,
and M sealed answers (each of a form of its own), one a line, in FILE;
``python -m bench.checkin_seed cards N`` → {"municipality", "codes"} of N unused cards as JSON;
``python -m bench.checkin_seed count MUNICIPALITY`` → how many check-ins are kept there.
"""

import base64
import json
import os
import sys
import uuid
from dataclasses import replace

from bench.in_process import set_up_django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
set_up_django()

from django.conf import settings  # noqa: E402 - after Django is set up
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from apps.checkins import hpke, tickets  # noqa: E402
from apps.checkins.models import CheckIn  # noqa: E402
from apps.checkins.services.late_deliveries import sealing_envelope  # noqa: E402
from apps.checkins.services.question_sets import current_question_set, seed_questions  # noqa: E402
from apps.consent.models import Purpose  # noqa: E402
from apps.signin.services.cards import issue_cards  # noqa: E402
from tests import factories  # noqa: E402

BACKEND = "apps.signin.backends.CardBackend"  # students come in by card


def school(n):
    """A new municipality with ``n`` students whose check-ins everybody has agreed to."""
    city = factories.municipality(uuid.uuid4().hex[:6], "加賀市(架空)")
    at = factories.school(city, code=uuid.uuid4().hex[:13])
    of_class = factories.school_class(at)
    for number in range(n):
        student = factories.student(of_class, f"生徒{number}", number=number + 1)
        factories.make_effective(student, Purpose.CHECKIN_REVIEW)
        yield student


def cards(n):
    """The codes of unused cards of ``n`` students of a new school, and its municipality."""
    with transaction.atomic():
        seed_questions()
        students = list(school(n))
        codes = [code for _, code in issue_cards(students, by=None)]
    return {"municipality": str(students[0].municipality_id), "codes": codes}


def session(student):
    client = Client()
    client.force_login(student.user, backend=BACKEND)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def sealed(n, students):
    """``n`` items of a delivery as JSON, as the pages of these students would write them."""
    samples = [
        sealing_envelope(student, current_question_set(), uuid.uuid4()) for student in students
    ]
    known = [tickets.read_ticket(each.ticket) for each in samples]
    for number in range(n):
        key, sample = uuid.uuid4(), samples[0]
        ticket = tickets.issue_ticket(replace(known[number % len(known)], client_key=key))
        answers = {"mood": str(number % 5), "body": str(number % 3), "talk": "0", "words": ""}
        content = json.dumps({"ticket": ticket, "answers": answers, "elapsed": 12}).encode()
        context = hpke.sealing_context(sample.key_id, key)
        body = hpke.seal_body(base64.b64decode(sample.point), content, context)
        yield json.dumps(
            {
                "key": str(key),
                "sealed_to": str(sample.key_id),
                "body": base64.b64encode(body).decode(),
            }
        )


def seed(n, n_sealed=0, file=os.devnull):
    with transaction.atomic():
        seed_questions()
        students = list(school(n))
    with open(file, "w") as out:
        out.writelines(f"{item}\n" for item in sealed(n_sealed, students))
    return {
        "municipality": str(students[0].municipality_id),
        "question_set": str(current_question_set().pk),
        "sessions": [session(student) for student in students],
    }


if __name__ == "__main__":
    if sys.argv[1] == "count":
        print(json.dumps(CheckIn.objects.filter(municipality_id=sys.argv[2]).count()))
    elif sys.argv[1] == "cards":
        print(json.dumps(cards(int(sys.argv[2]))))
    else:
        print(json.dumps(seed(int(sys.argv[1]), int((sys.argv[2:3] or [0])[0]), *sys.argv[3:4])))
