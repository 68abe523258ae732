"""Names and texts that came with the portal: one reading over each word, 何でも is なんでも."""

from django.db import migrations

PARTS = (
    ("｜時間子供《じかんこども》", "｜時間《じかん》｜子供《こども》"),
    (
        "｜児童相談所虐待対応《じどうそうだんじょぎゃくたいたいおう》",
        "｜児童《じどう》｜相談所《そうだんじょ》｜虐待《ぎゃくたい》｜対応《たいおう》",
    ),
    (
        "｜児童相談所相談専用《じどうそうだんじょそうだんせんよう》",
        "｜児童《じどう》｜相談所《そうだんじょ》｜相談《そうだん》｜専用《せんよう》",
    ),
    (
        "｜加賀市教育総合支援《かがしきょういくそうごうしえん》",
        "｜加賀《かが》｜市《し》｜教育《きょういく》｜総合《そうごう》｜支援《しえん》",
    ),
    (
        "｜加賀市社会福祉協議会《かがししゃかいふくしきょうぎかい》",
        "｜加賀《かが》｜市《し》｜社会《しゃかい》｜福祉《ふくし》｜協議会《きょうぎかい》",
    ),
    ("｜加賀市《かがし》", "｜加賀《かが》｜市《し》"),
    ("｜何《なに》でも", "｜何《なん》でも"),
)
FIELDS = ("name", "summary", "helps_with", "for_whom", "hours_note")


def put_right(text):
    for before, after in PARTS:
        text = text.replace(before, after)
    return text


def forwards(apps, _editor):
    for row in apps.get_model("notices", "SupportOrganisation").objects.all().iterator():
        found = {field: getattr(row, field) for field in FIELDS}
        right = {field: put_right(text) for field, text in found.items()}
        if right != found:
            type(row).objects.filter(pk=row.pk).update(**right)


class Migration(migrations.Migration):
    dependencies = [("notices", "0006_phone_numbers")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
