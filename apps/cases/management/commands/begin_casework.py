"""begin_casework CODE: the first drafts of a city's rules and schemes."""

from typing import Any

from django.core.management.base import CommandError

from apps.cases.services.schemes import seed_schemes
from apps.cases.services.shipped_rules import draft_shipped_rules
from apps.core.commands import PortalCommand
from apps.people.models import Municipality
from apps.people.normalisation import normalise_code


class Command(PortalCommand):
    help = (
        "Adds the shipped rules and the schemes known by name to a city, as drafts: nothing is used "
        "before two people of the city have started a rule, and the city has written a scheme's "
        "words. What is there stays as it is."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("code", help="the municipality's code, six digits")

    def handle(self, *, code: str, **options: Any) -> None:
        city = Municipality.objects.filter(code=normalise_code(code)).first()
        if city is None:
            raise CommandError(f"There is no municipality {code!r}.")
        n_rules, n_schemes = draft_shipped_rules(city), seed_schemes(city)
        self.stdout.write(f"{city.name}: {n_rules} rules and {n_schemes} schemes added as drafts.")
