"""What was decided before there was a chain becomes its beginning, in the order it was decided."""

from django.conf import settings
from django.db import migrations

from apps.consent import ledger
from apps.consent.services.chaining import fields_of
from apps.consent.services.wording import digest_of
from apps.consent.texts import TEXTS
from apps.vault.crypto import KeyRing


def fill(apps, schema_editor):
    decisions = apps.get_model("consent", "ConsentDecision")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE consent_consentdecision DISABLE TRIGGER USER")
        _words(apps)
        if decisions.objects.exists():
            _chain(apps, decisions)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE consent_consentdecision ENABLE TRIGGER USER")


def _words(apps):
    for policy in apps.get_model("consent", "PurposePolicy").objects.all():
        text = TEXTS[policy.purpose]
        policy.readers, policy.alone_from_age = list(text.readers), text.alone_from_age
        policy.save()
    for document in apps.get_model("consent", "ConsentDocument").objects.all():
        text = TEXTS[document.purpose]
        document.readers, document.kept_days = list(text.readers), text.kept_days
        document.digest = digest_of(document)
        document.save()


def _chain(apps, decisions):
    name, seed = KeyRing.parse(settings.SIGNING_KEYS).keys[0]
    key, heads = ledger.chain_key(seed), {}
    for decision in decisions.objects.select_related("receipt", "document", "student").order_by("pk"):
        seq, before = heads.get(decision.student.school_id, (0, ledger.GENESIS))
        decision.school_id, decision.seq, decision.link_key = decision.student.school_id, seq + 1, name
        body = ledger.canonical(fields_of(decision, decision.receipt, decision.document))
        decision.link = ledger.link(key, before, body)
        heads[decision.school_id] = (decision.seq, decision.link)
        decision.save(update_fields=["school", "seq", "link_key", "link"])
    apps.get_model("consent", "LedgerHead").objects.bulk_create(
        apps.get_model("consent", "LedgerHead")(school_id=school, seq=seq, link=link)
        for school, (seq, link) in heads.items()
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_policy_and_ledger")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
