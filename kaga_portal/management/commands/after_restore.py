"""What must be done with a restored database before anybody uses it."""

from django.core.management import call_command

from apps.core.commands import PortalCommand
from apps.ledger.services.checkpoints import rollback_point
from apps.signin.services.sessions import end_every_session
from kaga_portal.backup.portal_facts import count_rows
from kaga_portal.migration_state import has_unapplied_migrations

REMAINING = """\
What remains, in this order:
  manage.py after_restore --reason "why, and by whom"   (signed into the ledger)
  manage.py backup   (at once: the log begins anew)"""


class Command(PortalCommand):
    help = (
        "After a restore: migrate, replay_erasures, end all sign-ins; with a reason acknowledge_rollback and "
        "verify_ledger, too. Says how many rows there are."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--reason", help="why, and by whom; kept for ever in the ledger")
        parser.add_argument("--against", metavar="FILE", help="the checkpoint of the backup")

    def handle(self, *, reason, against, **options):
        if has_unapplied_migrations():  # the backup is of an older version
            call_command("migrate", verbosity=0, stdout=self.stdout)
        call_command("replay_erasures", stdout=self.stdout)
        self.stdout.write(f"{end_every_session()} sign-ins are ended: everybody signs in again.")
        if reason:
            if rollback_point() is not None:
                call_command("acknowledge_rollback", reason=reason, stdout=self.stdout)
            call_command("verify_ledger", against=against, stdout=self.stdout)
        self.stdout.write("rows now:")
        for table, n in count_rows().items():
            self.stdout.write(f"  {table} {n}")
        if not reason:
            self.stdout.write(REMAINING)
