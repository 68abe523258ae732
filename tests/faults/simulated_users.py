"""Simulated people with a browser, in a fault run: a request without a response is repeated."""

import base64
import json
import re
import time
from html.parser import HTMLParser

import requests

from apps.checkins import hpke

PATIENCE_S = 90
UUID = re.compile(r"^[0-9a-f-]{36}$")
DIGITS = re.compile(r"/[0-9a-f-]{36}/")


class _Form(HTMLParser):
    """The values of every form of a page that posts, and the data-… of each."""

    def __init__(self):
        super().__init__()
        self.forms, self._text = [], None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append(({}, attrs))
        if not self.forms or not attrs.get("name"):
            return
        values = self.forms[-1][0]
        if tag == "textarea":
            self._text = attrs["name"]
            values[self._text] = ""
        if tag == "input" and self._is_sent(attrs):
            values[attrs["name"]] = attrs.get("value") or ""

    @staticmethod
    def _is_sent(attrs):
        kind = attrs.get("type", "text")
        return kind not in ("submit", "file") and (
            kind not in ("radio", "checkbox") or "checked" in attrs
        )

    def handle_data(self, data):
        if self._text:
            self.forms[-1][0][self._text] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._text = None


def form_of(page: str, having: str) -> tuple[dict, dict]:
    """(values, attributes) of the form of a page that has a field of this name; ({}, {}) if none."""
    reader = _Form()
    reader.feed(page)
    return next((form for form in reader.forms if having in form[0]), ({}, {}))


class Person:
    """One browser that is signed in. ``row`` is the student, guardian or post it belongs to."""

    def __init__(self, port, tally, session_key, cookie_name, row=None):
        self._base, self.tally, self.row = f"http://127.0.0.1:{port}", tally, row
        self._line = requests.Session()
        self._line.cookies.set(cookie_name, session_key)

    def get(self, path: str) -> str:
        """The page, "" where none came in the end."""
        answer = self.ask("GET", path)
        return answer.text if answer is not None and answer.status_code == 200 else ""

    def ask(self, method: str, path: str, fields=None, body=None, patience_s=PATIENCE_S):
        """The first answer that is not an error of the server, None where none came."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            answer = self._once(method, path, fields, body)
            if answer is not None and answer.status_code < 500:
                self._note_sign_out(answer)
                return answer
            time.sleep(1)
        return None

    def _once(self, method, path, fields, body):
        try:
            answer = self._line.request(
                method, self._base + path, data=fields or body, allow_redirects=False, timeout=30
            )
        except requests.RequestException:
            self.tally.cut()
            return None
        if answer.status_code == 503:
            self.tally.count(self.tally.later, DIGITS.sub("/…/", path))
        elif answer.status_code >= 500:
            self.tally.count(self.tally.errors, f"{method} {DIGITS.sub('/…/', path)}")
        return answer

    def _note_sign_out(self, answer):
        to = answer.headers.get("Location", "")
        if answer.status_code == 302 and (to.startswith(("/?next", "/admin/login")) or to == "/"):
            self.tally.count(self.tally.own_failures, "signed out")

    def post(self, kind, path, fields) -> str | None:
        """Where an accepted form led; None where it was refused or never answered (counted)."""
        answer = self.ask("POST", path, fields)
        if answer is None:
            self.tally.count(self.tally.unanswered, kind)
        elif answer.status_code != 302:
            self.tally.count(self.tally.refused, f"{kind}: {answer.status_code}")
        else:
            return answer.headers["Location"]
        return None


# -- students -----------------------------------------------------------------------------------


def check_in(person: Person, answers: dict) -> None:
    """The form, as without JavaScript."""
    fields, _ = form_of(person.get("/checkin/"), "client_key")
    to = person.post("check-in", "/checkin/", fields | answers) if fields else None
    if to and to.startswith("/checkin/done/"):
        person.tally.accept("check-in", person.row.pk, fields["client_key"], answers)


def deliver(person: Person, answers: dict) -> None:
    """Send what a tablet sealed until the answer is "kept" (or final)."""
    fields, data = form_of(person.get("/checkin/"), "client_key")
    if not data.get("data-ticket"):
        return
    key = fields["client_key"]
    content = {"ticket": data["data-ticket"], "answers": answers, "elapsed": 3}
    body = hpke.seal_body(
        base64.b64decode(data["data-point"]), json.dumps(content).encode(),
        hpke.sealing_context(data["data-sealed-to"], key),
    )  # fmt: skip
    item = {
        "key": key,
        "sealed_to": data["data-sealed-to"],
        "body": base64.b64encode(body).decode(),
    }
    state = _delivered(person, json.dumps({"items": [item]}))
    if state == "kept":
        person.tally.accept("check-in", person.row.pk, key, answers)
    else:
        person.tally.count(person.tally.refused, f"brought check-in: {state}")


def _delivered(person, body):
    until, state = time.monotonic() + PATIENCE_S, "no answer"
    while time.monotonic() < until:
        answer = person.ask("POST", "/checkin/deliver/", body=body)
        if answer is None or answer.status_code != 200:
            return f"{answer.status_code if answer is not None else state}"
        state = answer.json()["items"][0]["state"]
        if state != "later":
            return state
        person.tally.count(person.tally.later, "/checkin/deliver/")
        time.sleep(2)
    return state


def ask_to_talk(person: Person, words: str) -> None:
    """The form of asking to talk."""
    fields, _ = form_of(person.get("/pages/2/"), "form_key")
    sent = fields | {"wanted": "nurse", "topic": "friends", "words": words}
    if fields and person.post("request", "/pages/2/", sent) == "/pages/3/":
        person.tally.accept("request", person.row.pk, fields["form_key"], words)


def try_push(person: Person) -> None:
    """A trial push message to the first device."""
    fields, _ = form_of(person.get("/push/"), "device")
    to = person.post("push trial", "/push/trial/", fields) if fields else None
    if to and "trial=" in to:
        key = to.partition("trial=")[2].partition("#")[0]
        person.tally.accept("push trial", person.row.pk, key)


# -- guardians ----------------------------------------------------------------------------------


def withdraw(person: Person, student, purpose: str) -> bool:
    """Whether the withdrawal was accepted."""
    path = f"/consent/{student.pk}/withdraw/{purpose}/"
    fields, _ = form_of(person.get(path), "form_key")
    return bool(fields) and _decided(person, student, path, fields, "withdrawn", purpose)


def give(person: Person, student, purpose: str) -> bool:
    """Whether the consent was accepted: the question, then the check of the answers."""
    path = f"/consent/{student.pk}/ask/{purpose}/"
    fields, _ = form_of(person.get(path), "document")
    answers = fields | {"response": "given", "then": "check"}
    if not fields or not person.post("consent answer", path, answers):
        return False
    path = f"/consent/{student.pk}/check/"
    fields, _ = form_of(person.get(path), "form_key")
    return bool(fields) and _decided(person, student, path, fields, "given", purpose)


def _decided(person, student, path, fields, response, purpose):
    to = person.post("decision", path, fields)
    if not to or not to.startswith("/consent/receipts/"):
        return False
    decision = (person.row.user_id, purpose, response)
    person.tally.accept("decision", student.pk, fields["form_key"], decision)
    return True


# -- staff --------------------------------------------------------------------------------------


def write_notice(person: Person, title: str) -> str | None:
    """The URL of a new notice's draft, if it was accepted."""
    path = "/admin/notices/notice/add/"
    fields, _ = form_of(person.get(path), "title")
    to = (
        person.post("notice", path, fields | {"title": title, "body": "はじめ"}) if fields else None
    )
    if not to or not to.endswith("/look/"):
        return None
    person.tally.accept("notice", None, title, "はじめ")
    return to.split("/")[-3]


def edit_notice(person: Person, pk: str, title: str, body: str) -> None:
    """Another text of a draft."""
    path = f"/admin/notices/notice/{pk}/change/"
    fields, _ = form_of(person.get(path), "title")
    if fields and person.post("notice edit", path, fields | {"body": body}):
        person.tally.accept("notice edit", None, title, body)
