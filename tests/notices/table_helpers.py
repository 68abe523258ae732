"""Tables of organisations: downloaded, uploaded and confirmed."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import file_workers

EXPORT = "admin:notices_supportorganisation_export"


IMPORT = "admin:notices_supportorganisation_import"


CONFIRM = "admin:notices_supportorganisation_process_import"


CSV, XLSX = "0", "1"


def download(desk, kind=CSV):
    answer = desk.post(reverse(EXPORT), {"format": kind, "resource": "0"})
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def upload(desk, content, kind=CSV, name="x.csv"):
    """The dry run: the page with what would change."""
    file = SimpleUploadedFile(name, content)
    return file_workers.send(desk, reverse(IMPORT), {"import_file": file})


def take_in(desk, content, kind=CSV, name="x.csv"):
    """Both steps: preview, then confirm."""
    return confirm(desk, upload(desk, content, kind, name))


def confirm(desk, page):
    """The second step: import what the page showed."""
    assert file_workers.is_to_confirm(page), page.content.decode()
    sent = {"job": page.context["job"].pk}
    return file_workers.send(desk, reverse(CONFIRM), sent)


def table(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, sorted({title for row in rows for title in row}))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


NEW = {
    "番号": "", "名前": "｜見本《みほん》の ｜場所《ばしょ》", "電話": "0761-00-0000",
    "どんなことに": "友だち、いじめ", "時間": "月-金 09:00-17:00; 土 09:00-12:00",
    "いつもとちがう日": "毎年 2026-12-29~2027-01-03 休み", "祝日は休み": "はい",
}  # fmt: skip
