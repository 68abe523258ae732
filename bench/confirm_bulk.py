"""A stack of slips of a whole school: read by their numbers, confirmed with one press.

``python bench/confirm_bulk.py [--quick]``

Each newcomer used the letter of their own child and stands on the school's list of guardians, so
that one person may confirm them. The time is that of confirming; the statements are
those of showing and of confirming, against a stack of a tenth.
"""

import argparse
import os
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import shared_database  # noqa: E402
from bench.harness import figure  # noqa: E402

GOAL_S = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="200 slips instead of 1,000")
    n = 200 if parser.parse_args().quick else 1000
    shared_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")

    from bench.in_process import set_up_django  # noqa: PLC0415

    set_up_django()
    few, _ = _measured(n // 10)
    many, seconds = _measured(n)
    figure("confirm_bulk", seconds, "s", ratio=GOAL_S / seconds, to="ten_seconds", goal=1.0)
    figure("confirm_bulk_statements", many, "statements", ratio=few / many, to="a_tenth", goal=1.0)


def _measured(n):
    """(statements of showing and confirming n slips, seconds of confirming), all undone."""
    from django.db import connection, transaction  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from apps.registration.services import slips  # noqa: PLC0415
    from apps.registration.services.registrations import confirm_registrations  # noqa: PLC0415

    with transaction.atomic():
        numbers, reader = _seeded(n)
        with CaptureQueriesContext(connection) as shown:
            found = slips.read_slips(numbers, reader())
        user = reader()
        ticks = {each.registration.pk: each.page_token_for(user) for each in found.ready}
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as confirmed:
            done = confirm_registrations(ticks, by=reader(), kind="slip")
        seconds = time.perf_counter() - began
        if (len(found.ready), len(done.done)) != (n, n):
            raise SystemExit(f"{len(found.ready)} ready, {len(done.done)} confirmed of {n}")
        transaction.set_rollback(True)
    return len(shown) + len(confirmed), seconds


def _seeded(n):
    """(slip numbers of n children whose mothers wait, a function that reads the nurse anew)."""
    from apps.core import clock  # noqa: PLC0415
    from apps.people import models as people  # noqa: PLC0415
    from apps.registration import models as registration  # noqa: PLC0415
    from apps.registration.guardian_list_rows import name_key  # noqa: PLC0415
    from apps.vault.services.paper_codes import seal_code  # noqa: PLC0415

    mark, now = uuid.uuid4().hex[:6], clock.now()
    city = people.Municipality.objects.create(code=mark, name="測る市(架空)")
    school = people.School.objects.create(
        municipality=city, source_id=mark, code=f"C1{mark}", name="測る中学校(架空)"
    )
    office, nurse = (_post(people, city, school, role, mark) for role in ("office", "nurse"))
    children = people.Student.objects.bulk_create(
        people.Student(
            municipality=city, school=school, source_id=f"s{k}", grade="J1", family_name="測る",
            given_name=f"子{k}", local_code="",
        )
        for k in range(n)
    )  # fmt: skip
    accounts = people.User.objects.bulk_create(
        people.User(username=f"{mark}{k}", email=f"{mark}{k}@mail.example") for k in range(n)
    )
    parents = people.Guardian.objects.bulk_create(
        people.Guardian(municipality=city, user=account, origin="letter", family_name="測る",
                        given_name=f"母{k}")
        for k, account in enumerate(accounts)
    )  # fmt: skip
    people.Guardianship.objects.bulk_create(
        people.Guardianship(municipality=city, guardian=parent, student=child, origin="letter",
                            standing="waiting", relation="mother")
        for parent, child in zip(parents, children, strict=True)
    )  # fmt: skip
    lister = _post(people, city, school, "principal", mark)
    registration.ListedGuardian.objects.bulk_create(
        registration.ListedGuardian(
            municipality=city, student=child, name=f"測る 母{k}",
            name_key=name_key(f"測る 母{k}"), relation="mother", listed_at=now, listed_by=lister,
        )
        for k, child in enumerate(children)
    )  # fmt: skip
    letters = [_letter(registration, seal_code, child, k, mark, office, now)
               for k, child in enumerate(children)]  # fmt: skip
    registration.InvitationLetter.objects.bulk_create(letters)
    sheet = registration.PrintedSheet.objects.create(
        municipality=city, kind="letters", school=school, printed_by=office, printed_role="office"
    )
    registration.PrintedCode.objects.bulk_create(
        registration.PrintedCode(municipality=city, sheet=sheet, invitation=letter)
        for letter in letters
    )
    registration.GuardianRegistration.objects.bulk_create(
        registration.GuardianRegistration(
            municipality=city, guardian=parent, user=parent.user, invitation=letter,
            student=letter.student, school=school, registered_at=now, tells_others=True,
        )
        for parent, letter in zip(parents, letters, strict=True)
    )  # fmt: skip
    return [letter.slip_number for letter in letters], lambda: people.User.objects.get(pk=nurse.pk)


def _post(people, city, school, role, mark):
    user = people.User.objects.create(username=f"{mark}{role}", email="", is_staff=True)
    people.StaffPost.objects.create(
        municipality=city, school=school, user=user, role=role, name=role
    )
    return user


def _letter(registration, seal_code, child, k, mark, office, now):
    letter = registration.InvitationLetter(
        municipality_id=child.municipality_id, student=child, slip_number=f"{mark}{k:05}".upper(),
        issued_by=office, expires_at=now + timedelta(days=60),
    )  # fmt: skip
    seal_code(letter, f"{mark}{k}")
    return letter


if __name__ == "__main__":
    main()
