"""Nothing lives in a local folder that another host needs: what writes files is one literal table."""

import re

from tests.code_files import CODE, ROOT

WRITES = re.compile(
    r"open\([^)]*[\"'](?:[wxa]b?\+?|r\+b?)[\"']|write_text\(|write_bytes\(|\.mkdir\(|os\.makedirs\("
    r"|O_CREAT|mkdtemp\(|TemporaryDirectory\(|NamedTemporaryFile\(|shutil\.(?:copy|move)"
)
READS_A_PLACE = re.compile(r"settings\.(?:SOURCE|UPLOAD|LEDGER|LEDGER_COPY)_URL")
NAMES_A_PLACE = re.compile(r"storages\[[\"'](?!staticfiles)")
# {module: why no other host needs what it writes}
WRITE_LOCALLY = {
    "apps/core/management/commands/make_rare_font.py": "a static file, part of the code",
    "apps/core/pdf.py": "fonts of one PDF, gone with it",
    "apps/ledger/services/given_checkpoints.py": "the file that export_checkpoint was asked for",
    "apps/registration/letter_pdf.py": "pages of one PDF, gone with it",
    "apps/vault/erasure_list.py": "the store of key shares where it is a folder, for one host",
    "apps/vault/share_folder.py": "the store of key shares where it is a folder, for one host",
    "apps/vault/share_snapshots.py": "the file that copy_share_store was asked for",
}


def found_in_apps(pattern):
    """The paths of the modules of the apps in which a pattern is found."""
    apps = [path for path in CODE if "apps" in path.relative_to(ROOT).parts[:1]]
    assert len(apps) > 500
    return {
        str(path.relative_to(ROOT))
        for path in apps
        if ".sandbox" not in str(path) and pattern.search(path.read_text("utf-8"))
    }


def test_whatever_writes_a_file_says_why_no_other_host_needs_it():
    assert found_in_apps(WRITES) == WRITE_LOCALLY.keys()


def test_places_for_files_are_asked_for_by_their_names_alone():
    assert found_in_apps(READS_A_PLACE) == set()
    assert found_in_apps(NAMES_A_PLACE) == set()
