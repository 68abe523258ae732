"""Reads everything somebody can reach by links, and says in what two such readings differ."""

import re
from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass, field
from difflib import ndiff
from html import unescape
from urllib.parse import parse_qsl, urljoin

from django.db import transaction
from django.urls import Resolver404, resolve

from tests.nearby.forms import posts_of

LINK = re.compile(r'(?:href|action|src|formaction|hx-get|data-[a-z-]+)="([/?][^"]*)"')
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
RANDOM = re.compile(r"(?<![\w-])[\w-]{32,}(?:[:.][\w-]+)*=*")  # tokens, and keys of forms
NONCE = re.compile(r"nonce-[\w+/=-]+|nonce=\"[\w+/=-]+\"")
LED_TO = re.compile(r'href="(/[^"]*)"$')
MADE_ANEW = (  # keys of a page, words looked for, numbers on paper, what a UUID is shortened to
    (re.compile(r'data-left="\d+"'), "data-left"),  # seconds of the session
    (re.compile(r'data-point="[^"]*"'), "data-point"), (re.compile(r"([?&;])q=[\w-]{8}(?![\w-])"), r"\1q"),
    (re.compile(r'<svg class="qr".*?</svg>', re.DOTALL), "<qr>"),
    (re.compile(r"\b(?:[0-9A-Z]{4,5}-)+[0-9A-Z]{1,5}\b"), "<code>"),
    (re.compile(r"(?<=<strong>)[0-9A-Z]{8}(?=<)|(?<=/paper/)[0-9A-Z]{8}\b"), "<number>"),
    (re.compile(r"(?<=支援ケース )[0-9a-f]{6,8}|(?<=受付 )[0-9a-f]{8}"), "<short>"),
)  # fmt: skip
FROM_A_LIST = re.compile(r"\?_changelist_filters=.*")
ENDS = ("/logout/", "/leave/", "/leave/proved/")  # they end what is being read with
ELSEWHERE = (  # other servers, and what is the same for everybody
    "//", "/static/", "/accounts/", "/places/", "/notes/", "/admin/notices/supportorganisation/",
    "/admin/checkins/questionset/", "/admin/jsi18n/",
)  # fmt: skip
OF_ONE_ROUTE = 1  # pages of one kind that do not name the child, and as many filters of one list
NOT_ALLOWED = 405
MOST = 400  # pages of one person


@dataclass(frozen=True)
class Seen:
    """What one request was answered, without what differs in every answer."""

    status: int
    headers: tuple
    body: str = field(repr=False)


class Crawler:
    """Follows the links of one signed-in client.

    ``known`` are the ids that both worlds share, ``about`` those of them that name the child:
    pages with one of these in their address are all read, of others OF_ONE_ROUTE a kind.
    """

    def __init__(self, client, known, about):
        self.client, self.known, self.about = client, known, about
        self.seen, self.asked, self.forms = defaultdict(list), set(), {}

    def walk(self, starts):
        """Read these addresses and every page their links lead to."""
        waiting, of_route = list(starts), Counter()
        self.asked.update(starts)
        while waiting:
            address = waiting.pop(0)
            text = self.ask("get", address)
            self._note_forms(address, text)
            for link in self._links(address, text):
                route = None if any(pk in link for pk in self.about) else _route(link)
                if link not in self.asked and (route is None or of_route[route] < OF_ONE_ROUTE):
                    self.asked.add(link)
                    waiting.append(link)
                    of_route[route] += 1
            assert len(self.asked) < MOST, sorted(self.asked)

    def send_forms(self):
        """Send each kind of form of the pages read, filled in; each is undone before the next."""
        for number, (address, data) in enumerate(self.forms.values()):
            cookies = copy(self.client.cookies)
            with transaction.atomic():
                text = self.ask("post", address, data)
                if found := LED_TO.search(text):
                    self.ask("get", unescape(found[1]), note=f"after form {number}: ")
                transaction.set_rollback(True)
            self.client.cookies = cookies

    def _note_forms(self, address, text):
        for action, data in posts_of(text):
            to = urljoin(address, unescape(action)) if action else address
            path = to.partition("?")[0]
            if to.startswith(ELSEWHERE) or path.endswith(ENDS):
                continue
            about = any(pk in to for pk in self.about)
            buttons = tuple(sorted(data)), data.get("then"), data.get("verb"), data.get("response")
            self.forms.setdefault((_route(path), about, buttons), (to, data))

    def ask(self, method, address, data=None, note=""):
        """The text of one answer, which is remembered under its address."""
        answer = getattr(self.client, method)(address, data)
        content = b"".join(answer) if answer.streaming else answer.content
        text = content.decode("utf-8", "backslashreplace")
        self.note(f"{note}{method} {address}", answer.status_code, _headers(answer), text)
        return text + f'href="{answer.get("Location", "")}"'

    def ask_either(self, address):
        """Read an address; send nothing to it where it takes POST alone."""
        self.ask("get", address)
        if self.seen[self.plain(f"get {address}")][-1].status == NOT_ALLOWED:
            with transaction.atomic():
                self.ask("post", address, {})
                transaction.set_rollback(True)

    def note(self, address, status, headers, text):
        """Remember one answer, or a message, under an address."""
        if '<svg class="qr"' in text:  # its size is that of a random code
            headers = [pair for pair in headers if pair[0] != "Content-Length"]
        plain = tuple(sorted((name, self.plain(value)) for name, value in headers))
        self.seen[self.plain(address)].append(Seen(status, plain, self.plain(text)))

    def plain(self, text):
        """The text without what is made anew for each answer; its length is the same."""
        text = NONCE.sub("nonce", text)
        text = UUID.sub(lambda found: f"<{self.known.get(found[0], 'new')}>", text)
        for pattern, word in MADE_ANEW:
            text = pattern.sub(word, text)
        return RANDOM.sub(lambda found: f"<{len(found[0])} random>", text)

    def _links(self, address, text):
        for found in LINK.findall(text):
            link = urljoin(address, unescape(found)).partition("#")[0]
            query = parse_qsl(link.partition("?")[2])
            is_combined = len(query) > 1 or "o" in dict(query)  # filters with each other, sorted
            if not is_combined and not link.startswith(ELSEWHERE) and not link.endswith(ENDS):
                yield FROM_A_LIST.sub("", link)


def _headers(answer):
    cookies = [
        ("Set-Cookie", f"{each.key} {len(each.value)} {each['max-age']} {each['path']}")
        for each in answer.cookies.values()
    ]
    return [*answer.items(), *cookies]


def _route(link):
    path, _, query = link.partition("?")
    try:
        return resolve(path).route, bool(query)
    except Resolver404:
        return path, bool(query)


def differences(one, other):
    """[(address, what differs)] between two readings."""
    return [
        (address, _difference(one.get(address, []), other.get(address, [])))
        for address in sorted(one.keys() | other.keys())
        if _sorted(one.get(address, [])) != _sorted(other.get(address, []))
    ]


def _sorted(answers):
    return sorted((each.status, each.headers, each.body) for each in answers)


def _difference(one, other):
    if len(one) != len(other):
        return f"{len(one)} and {len(other)} of them"
    for first, second in zip(one, other, strict=True):
        if first.status != second.status:
            return f"status {first.status} and {second.status}"
        if first.body != second.body:
            return _first_lines(first.body, second.body)
        if first.headers != second.headers:
            return f"headers {sorted(set(first.headers) ^ set(second.headers))}"
    return "another order"


def _first_lines(one, other):
    """The first lines that only one of two pages has, shortened."""
    ours, theirs = one.splitlines(), other.splitlines()
    lost = [line.strip()[:160] for line in ours if line not in theirs][:3]
    new = [line.strip()[:160] for line in theirs if line not in ours][:3]
    if not lost and not new:  # a line more or less of those that both have, or another order
        marked = [line for line in ndiff(ours, theirs) if line[0] in "+-"]
        return f"lines: {[line.strip()[:160] for line in marked[:6]]}"
    return f"without: {lost} · with: {new}"
