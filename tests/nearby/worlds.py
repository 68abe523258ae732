"""Two worlds with the same ids and the same clock: what somebody gets in one and in the other."""

import re

from django.apps import apps as django_apps
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from apps.cases.models import ProtectiveCase, Sign, SupportCase
from apps.checkins.models import CheckIn, StaffWord
from apps.consent.models import ConsentReceipt, DeletionCertificate, ExplanationRequest, Party
from apps.helpline.models import FamilyRequest, HelpReply, HelpRequest
from apps.mail.models import OutgoingMail
from apps.people.models import Guardianship
from apps.people.services.emergencies import begin_emergency
from apps.push.models import Broadcast
from apps.vault.share_urls import folder_of
from tests import factories, share_stores
from tests.architecture.addresses import every_route
from tests.database_roles import as_owner
from tests.nearby import days
from tests.nearby.crawler import Crawler
from tests.nearby.town import people

TEN = "2026-11-24T10:00+09:00"  # a Tuesday
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")
PURPOSES = ("grades", "study_log")
OF_WHAT_HAPPENED = (
    StaffWord,
    FamilyRequest,
    HelpRequest,
    HelpReply,
    SupportCase,
    ProtectiveCase,
    Sign,
    ExplanationRequest,
    DeletionCertificate,
)


class Worlds:
    """A town before anything happened, in which days are lived more than once."""

    def __init__(self, town, clock):
        self.town, self.clock, self.known = town, clock, {}
        for model in django_apps.get_models():
            if isinstance(model._meta.pk, models.UUIDField) and model._meta.managed:
                ids = model.objects.order_by("pk").values_list("pk", flat=True)
                self.known |= {str(pk): f"{model.__name__} {n}" for n, pk in enumerate(ids)}
        self.sequences = _sequences()
        child = town.sakura
        ties = Guardianship.objects.filter(student=child).values_list("pk", flat=True)
        self.about = {str(pk) for pk in (child.pk, child.user_id, *ties)}

    def after(self, happened, read):
        """What ``read()`` gives after three days in which this happened; the days are undone."""
        self.clock.move_to(TEN)
        cache.key_prefix = f"{cache.key_prefix.partition('/')[0]}/{'-'.join(sorted(happened))}"
        share_stores.forget_erasures(folder_of(settings.KEY_SHARES_URL))
        share_stores.forget_checkpoints()
        mail.outbox.clear()
        _number_again(self.sequences)
        with transaction.atomic():
            days.live(self.town, self.clock, happened)
            found = read()
            transaction.set_rollback(True)
        cache.key_prefix = cache.key_prefix.partition("/")[0]
        return found

    def readings(self, *people, is_later=False):
        """{who: {address: [Seen]}} of these people, and where asked a week and a month later."""
        found = {who: self.everything_for(who) for who in people}
        if is_later:
            days.later(self.clock, days.MONDAY)
            for moment in (days.WEEK, days.MONTH):
                days.later(self.clock, moment)
                for who in people:
                    short = self.everything_for(who, is_short=True)
                    found[who] |= {f"{moment[:10]} {at}": seen for at, seen in short.items()}
        return found

    def everything_for(self, who, client=None, *, is_short=False, sends=True):
        """{address: [Seen]} of what this person reaches, sends and was sent; undone.

        ``who`` "": nobody. ``is_short``: the first page, and those about the child, alone.
        ``sends``: the forms too.
        """
        user = people(self.town).get(who.removesuffix("_in_emergency"))
        n_mails = len(mail.outbox)
        with transaction.atomic():
            if who.endswith("_in_emergency"):
                begin_emergency(user, self.town.sakura, why="生徒の けがの 連絡が あった ため")
            if client is None:
                client = Client()
                factories.force_sign_in(client, user)
            crawler = Crawler(client, self.known, self.about)
            start = "/admin/" if user and user.is_staff else "/"
            if is_short:
                self._read_first_pages(crawler, start)
                _note_messages(crawler, user)
                transaction.set_rollback(True)
                return crawler.seen
            crawler.walk([start])
            for address in (*self._addresses_of_the_child(), *_addresses_of_what_happened()):
                if address not in crawler.asked:
                    crawler.ask_either(address)
            crawler.ask("post", f"/data/{self.town.sakura.pk}/file/")
            if user and user.is_staff:
                self._open_check_ins(crawler)
            if sends:
                crawler.send_forms()
            if user:
                _note_messages(crawler, user)
            transaction.set_rollback(True)
        del mail.outbox[n_mails:]  # what the forms sent
        return crawler.seen

    def _read_first_pages(self, crawler, start):
        crawler.ask("get", start)
        if start == "/":
            for address in self._addresses_of_the_child():
                crawler.ask("get", address)

    def _open_check_ins(self, crawler):
        """Give a reason on the pages that ask for one, and read them."""
        day, weeks = (
            reverse(f"admin:checkins_{name}", args=[of.pk])
            for name, of in (("class", self.town.class_1), ("weeks", self.town.sakura))
        )
        newest = CheckIn.objects.filter(student=self.town.sakura).order_by("-received_at").first()
        for page in (day, weeks, reverse("admin:checkins_open", args=[newest.pk])):
            crawler.ask("post", page, {"reason": "meeting"})
            crawler.ask("get", page)

    def _addresses_of_the_child(self):
        """Every address outside the staff's pages with the child's id in it."""
        for route, _ in every_route():
            if "<uuid:student_id>" in route and not route.startswith("/admin/"):
                for purpose in PURPOSES if "purpose>" in route else ("",):
                    yield _filled(route, self.town.sakura.pk, purpose)


def _sequences():
    """{sequence: the last number it gave, or None}: a rollback takes none back."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT schemaname, sequencename, last_value FROM pg_sequences")
        return {f'"{schema}"."{name}"': last for schema, name, last in cursor.fetchall()}


def _number_again(sequences):
    with as_owner(), connection.cursor() as cursor:
        for name, last in sequences.items():
            cursor.execute("SELECT setval(%s, %s, %s)", [name, last or 1, last is not None])


def _addresses_of_what_happened():
    """The addresses of the newest row of each kind: an id may be seen over a shoulder.

    Where nothing happened the same addresses with an unknown id.
    """
    receipts = ConsentReceipt.objects.filter(party=Party.STUDENT, decided_at__gt=TEN)
    for rows in (*(model.objects.all() for model in OF_WHAT_HAPPENED), receipts):
        app, name = rows.model._meta.app_label, rows.model._meta.model_name
        row = rows.order_by("-pk").first()
        for route, pattern in every_route():
            is_staffs = route.startswith(f"/admin/{app}/{name}/")
            is_families = pattern.callback.__module__.startswith(f"apps.{app}.views")
            if (is_staffs or is_families) and "<uuid:pk>" in route + "<path:object_id>":
                yield _filled(route, row.pk if row else UNKNOWN, "abc")


def _filled(route, pk, word):
    def fill(found):
        return str(pk) if found[1] in ("uuid", "path") else word

    return PARAMETER.sub(fill, route)


def _note_messages(crawler, user):
    """The mails and push messages to this person, with their times."""
    for each in mail.outbox:
        if user.email in each.recipients():
            headers = [(name, str(value)) for name, value in each.extra_headers.items()]
            crawler.note("mail", 0, headers, f"{each.subject}\n{each.body}")
    for each in OutgoingMail.objects.all():
        if user.email in each.content:
            times = [("at", str(each.created_at)), ("until", str(each.expires_at))]
            crawler.note("mail that waits", 0, times, each.content)
    for each in Broadcast.objects.filter(user_ids__contains=[user.pk]):
        times = [("at", str(each.created_at)), ("until", str(each.expires_at))]
        crawler.note("push", int(each.is_urgent), times, each.path)
