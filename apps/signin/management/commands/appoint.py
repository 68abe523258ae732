"""Gives a person a post: the only source of staff rights."""

from django.core.management.base import BaseCommand, CommandError

from apps.people.models import Role
from apps.signin import services


class Command(BaseCommand):
    help = "Give a person a post from today; makes the account if there is none."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--municipality", required=True, help="code of six digits")
        parser.add_argument("--school", default="", help="school code, for school posts")
        parser.add_argument("--class", dest="class_title", default="", help="for homeroom teachers")
        parser.add_argument("--name", default="", help="'姓 名', to take up a post of the roster")

    def handle(self, *args, **options):
        try:
            post = services.appoint(
                options["email"],
                options["role"],
                municipality_code=options["municipality"],
                school_code=options["school"],
                class_title=options["class_title"],
                name=options["name"],
            )
        except services.CannotAppoint as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{options['email']} is now {post.role} at {post.school or post.municipality}.\n"
            "They set a password at /accounts/password/reset/ and a second factor at first sign-in."
        )
