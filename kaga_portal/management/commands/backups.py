"""Lists the backups in a folder."""

from django.core.management.base import BaseCommand, CommandError

from kaga_portal.backup import backup_folder, log_archive, manifests
from kaga_portal.backup.problems import BackupProblem


class Command(BaseCommand):
    help = "List the backups in a folder, and how far the log goes."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("from", help="the folder of all backups")

    def handle(self, **options):
        try:
            root = backup_folder.find_root(options["from"])
            found = backup_folder.finished(root)
            for folder in found:
                self.stdout.write(self._line(root, folder))
            self.stdout.write(f"{len(found)} backups of the database")
            for folder in (
                backup_folder.finished(root / "shares") if (root / "shares").is_dir() else []
            ):
                manifest = manifests.read_manifest(folder / manifests.FILE_NAME, manifests.SHARES)
                self.stdout.write(f"{manifest['shares']} key shares of {manifest['made_at']}")
        except BackupProblem as error:
            raise CommandError(str(error)) from error

    def _line(self, root, folder):
        manifest = manifests.read_manifest(folder / manifests.FILE_NAME, manifests.DATABASE)
        log = log_archive.LogFolder(root, manifest["identifier"])
        names = log.names(manifest["first_segment"])
        size = sum(part.n_bytes for part in manifests.parts_of(manifest)) / 1e6
        line = (
            f"{folder.name}  ended {manifest['ended_at']}  {size:,.1f} MB  {len(names)} log files"
        )
        if not names:
            return f"{line}: can be restored to its end"
        newest = manifests.read_manifest(
            log.folder / f"{list(names.values())[-1]}.jws", manifests.LOG
        )
        gap = log_archive.find_gap(names, manifest["first_segment"])
        until = f"the gap at {gap}" if gap else newest["made_at"]
        return f"{line}: can be restored to any moment since, up to {until}"
