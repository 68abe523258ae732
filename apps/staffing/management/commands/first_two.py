"""first_two CODE [--name NAME]: prints the one-time URLs for the first two staff members."""

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.people.models import Municipality
from apps.people.normalisation import normalise_code
from apps.staffing.services import initial_staff
from apps.staffing.services.invitations import invitation_url


class Command(PortalCommand):
    help = (
        "Prints a one-time address for the officer of the city and one for its privacy officer, "
        "as far as nobody holds that post. Hand each to its person yourself. Works only while "
        "fewer than two hold these posts; whoever holds a post of the city is told by mail."
    )

    def add_arguments(self, parser):
        parser.add_argument("code", help="the municipality's code, six digits")
        parser.add_argument("--name", default="", help="its name, where it is new here")

    def handle(self, *, code, name, **options):
        code = normalise_code(code)
        city = Municipality.objects.filter(code=code).first()
        if city is None:
            if not name or not (code.isdigit() and len(code) == 6):
                raise CommandError(f"There is no municipality {code!r}; for a new one give --name.")
            city = Municipality.objects.create(code=code, name=name[:60])
        try:
            numbers = initial_staff.invite_initial_staff(city)
        except initial_staff.AlreadyStaffed:
            raise CommandError(
                "Both posts are held; everything else is done on the pages (人)."
            ) from None
        for role, number in numbers.items():
            self.stdout.write(f"{role.value:8} {invitation_url(number)}")
        self.stdout.write(
            "Each works once, for seven days. Each of the two then confirms the other."
        )
