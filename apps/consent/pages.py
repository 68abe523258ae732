"""What the consent pages show, put into the words of the person who reads them."""

from dataclasses import dataclass
from datetime import date

from apps.consent import words
from apps.consent.changes import changes
from apps.consent.page_words import page_words
from apps.consent.services.answering import is_not_counted, may_count_only, waits_for_school
from apps.consent.services.deleting import counts_shown
from apps.consent.services.kept_names import name_on
from apps.core.clock import JST
from apps.core.templatetags.japanese import day, moment, plain, reading, ruby
from apps.vault.card_purposes import OF_A_CARD


@dataclass(frozen=True)
class Line:
    """One purpose on the overview."""

    purpose: str
    name: str
    source: str
    standing: str
    badge: str
    said: str
    said_at: str
    asks_again: bool
    is_open: bool
    may_withdraw: bool
    has_say: bool
    pause: str = ""
    damage: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer on the check page or the receipt."""

    purpose: str
    name: str
    said: str
    version: str = ""


@dataclass(frozen=True)
class Seen:
    """One line of "who looked"."""

    sentence: str
    reason: str
    at: str


def side(party):
    """What every page needs to know of the person it speaks to."""
    return {"party": str(party), "side": str(party), "w": page_words(party)}


def when(at, party):
    """A moment in words, for the student with its readings."""
    return _dated(moment(at), party)


def when_exactly(at, party):
    """The same with its year and without "today": for what is kept on paper."""
    local = at.astimezone(JST)
    return _dated(f"{local.year}年 {day(at)} {local:%H:%M}", party)


def day_of(text, party):
    """A day ("2026-11-26") in words with its year."""
    on = date.fromisoformat(text)
    return _dated(f"{on.year}年 {day(on)}", party)


def _dated(text, party):
    return text if party == words.GUARDIAN else reading(text)


def lines(states, party):
    """The overview, in the policy's order."""
    return [line_of(state, party) for state in states if state.document]


def line_of(state, party):
    """A purpose as a Line of the family's pages."""
    standing, badge = words.standing_words(state.why, party)
    mine = state.mine
    return Line(
        purpose=state.purpose,
        name=words.purpose_name(state.purpose, party),
        source=state.document.source if party == words.GUARDIAN else "",
        standing=standing,
        badge=badge,
        said=words.pick(words.SAID[mine.response], party) if mine else "",
        said_at=when(mine.decided_at, party) if mine else "",
        asks_again=state.asks_again,
        is_open=state.is_open,
        may_withdraw=state.may_withdraw,
        has_say=state.has_say,
        pause=_paused(state, party),
        damage=words.pick(words.DAMAGED, party) if state.is_damaged and state.has_say else "",
    )


def _paused(state, party):
    """Who paused a purpose, and when it will be deleted where that is decided; "" in use."""
    if state.pause is None:
        return ""
    told = [] if state.why == "paused" else [words.pick(words.PAUSED_NOW, party)]
    if state.is_paused_by_city:
        told.append(words.pick(words.PAUSED_BY_CITY, party))
    until = state.pause.destroy_after
    last = words.pick(words.PAUSED if until is None else words.PAUSED_UNTIL, party)
    return "".join([*told, last.format(until and when(until, party))])


def draft_answers(answers, party):
    """The answers of a draft ({purpose: response}) in words."""
    return [
        Answer(
            purpose,
            words.purpose_name(purpose, party),
            words.pick(words.CHOICES[response], party),
        )
        for purpose, response in answers.items()
    ]


def child_of(row):
    """The child as a receipt, certificate or message names them: as they were called then."""
    name = name_on(row)
    return f"{name} さん" if name else words.CHILD


def receipt_answers(receipt):
    """The answers of a receipt in the words of who gave them."""
    form = page_words(receipt.party).version
    return [
        Answer(
            decision.purpose,
            words.purpose_name(decision.purpose, receipt.party),
            words.pick(words.SAID[decision.response], receipt.party),
            form.format(decision.document.version),
        )
        for decision in receipt.decisions.select_related("document").order_by("pk")
    ]


def what_next(receipt):
    """The sentences about what follows, for the kinds of answers this receipt holds."""
    given = {decision.response for decision in receipt.decisions.all()}
    w = page_words(receipt.party)
    if waits_for_school(receipt):
        return [w.next_may_be_informed if may_count_only(receipt) else w.next_waiting]
    if is_not_counted(receipt):
        return [w.next_informed]
    found = [
        (w.next_given, {"given"}),
        (_ends_later(receipt, w), {"refused", "withdrawn"}),
        (w.next_later, {"later"}),
        (w.next_unsure, {"unsure"}),
    ]
    return [sentence for sentence, kinds in found if given & kinds] + [w.how_to_stop]


def _ends_later(receipt, w):
    return w.next_no_unproved if _is_unproved(receipt.party, receipt.student) else w.next_no


def what_stays(receipt):
    """What remains, and where, after what this receipt took back; nothing where it took nothing."""
    w, found = page_words(receipt.party), []
    if waits_for_school(receipt) or is_not_counted(receipt):
        return []
    for decision in receipt.decisions.select_related("document").order_by("pk"):
        if decision.response == "withdrawn" and decision.purpose not in words.OWN_SOURCE:
            found.append(w.stays_source.format(_source(decision)))
    took_back = any(decision.response == "withdrawn" for decision in receipt.decisions.all())
    return [*dict.fromkeys(found), w.stays_work, w.stays_trace] if took_back else []


def on_paper(receipt):
    """What the PDF of a receipt says, plain (no ruby on paper)."""
    w = page_words(receipt.party)
    rows = [(w.number, str(receipt.pk)), (w.when, when_exactly(receipt.decided_at, receipt.party))]
    if receipt.party == words.GUARDIAN:
        rows.append((w.student, child_of(receipt)))
        rows.append((w.decided_as, receipt.get_party_display()))
    answers = [(f"{a.name} ({a.version})", a.said) for a in receipt_answers(receipt)]
    return {
        "title": plain(w.receipt_title),
        "facts": _plain_rows(rows),
        "answers_title": plain(w.answers),
        "answers": _plain_rows(answers),
        "notes": [
            plain(note) for note in (*what_next(receipt), *what_stays(receipt), w.nothing_changes)
        ],
        "proof_words": [plain(w.proof_lead), plain(w.proof_how)],
    }


def _plain_rows(rows):
    return [(plain(name), plain(value)) for name, value in rows]


def proven_answers(facts):
    """The answers of a pasted receipt in plain words; codes nobody knows stand as they are."""
    return [
        (
            words.PURPOSES.get(purpose, (purpose,))[0],
            words.SAID.get(answer["response"], (answer["response"],))[0],
            answer["version"],
        )
        for purpose, answer in facts["answers"].items()
    ]


def _is_unproved(party, student):
    """Whether what this person ends stops at once and is destroyed once a reset is confirmed."""
    return party == words.STUDENT and student.waits_for_proof


def withdrawal(state, party, student):
    """What the withdrawal page says: the title, what ends and when, what stays."""
    w = page_words(party)
    source = [] if state.purpose in words.OWN_SOURCE else [w.stays_source.format(_source(state))]
    return {
        "title": w.stop_title.format(words.purpose_name(state.purpose, party)),
        "ends_when": w.ends_unproved if _is_unproved(party, student) else w.ends_when,
        "ends": [words.what_ends(state.purpose, party)],
        "stays": [w.stays_life, *source, w.stays_work, w.stays_trace],
    }


def _source(of):
    return of.document.source.split("(保護者", 1)[0]


def without(purpose, party):
    """What not agreeing means for this one purpose, beyond "nothing changes"; "" for most."""
    return words.pick(words.WITHOUT[purpose], party) if purpose in words.WITHOUT else ""


def refusal(error, party):
    """Why a decision was refused: the rule's own sentence, to the student in plain words."""
    return (
        str(error)
        if party == words.GUARDIAN
        else ruby(getattr(error, "to_student", "") or page_words(party).refused)
    )


FIELDS = {  # of the words, as the pages name them
    words.GUARDIAN: {
        "question": "question", "what": "what", "what_not": "what_not", "source": "source",
        "recipients": "recipients", "kept": "kept", "aim": "aim",
    },
    words.STUDENT: {"student_question": "question", "student_words": "explained"},
}  # fmt: skip


def what_changed(state, party):
    """[(label, parts)] from the words this person answered to the words in force."""
    if not state.asks_again:
        return []
    w, named = page_words(party), FIELDS[str(party)]
    found = changes(state.mine.document, state.document, named)
    return [(getattr(w, named[change.field]), change.parts) for change in found]


def preview(document, before, party):
    """The words as this party will see them, with what changed, for the staff who read a draft."""
    w, named = page_words(party), FIELDS[party]
    found = changes(before, document, named) if before else []
    return side(party) | {
        "title": document.question if party == words.GUARDIAN else document.student_question,
        "changes": [(getattr(w, named[change.field]), change.parts) for change in found],
        "is_looked_at": document.purpose != "evaluation",
    }


def messages(rows, user):
    """The inbox lines of one person: [(message, child, sentence, when)]."""
    return [
        (
            row,
            child_of(row),
            words.message_words(row.kind, row.why, row.purposes, party),
            when(row.made_at, party),
        )
        for row in rows
        for party in [words.STUDENT if row.student.user_id == user.pk else words.GUARDIAN]
    ]


def corrections(rows, party):
    """What this person said to be wrong: (about, words, state in words, when, answer)."""
    w = page_words(party)
    moments = {
        "asked": (w.correct_sent, "asked_at"),
        "seen": (w.correct_seen, "seen_at"),
        "answered": (w.correct_answered, "answered_at"),
    }
    found = []
    for row, said, answer in rows:
        state, at = moments[row.state]
        about = w.roster if row.about == "roster" else words.purpose_name(row.about, party)
        found.append((about, said, state, when(getattr(row, at), party), answer))
    return found


def certificate(row, party, user):
    """What a certificate of deletion says to this person: facts, and counts by source."""
    counts = {}
    for count in counts_shown(row, user):
        counts[count.source] = counts.get(count.source, 0) + count.n_rows
    return {
        "purpose": words.purpose_name(row.purpose, party),
        "ended_at": when_exactly(row.ended_at, party),
        "why": words.pick(words.ENDED[row.ended_by], party),
        "is_of_a_card": row.purpose in OF_A_CARD,
        "counts": [
            (words.pick(words.SOURCES.get(source, (source, source)), party), n)
            for source, n in counts.items()
        ],
    }


def seen(events, party):
    """Lines of "who looked"; roles, never names."""
    return [
        Seen(
            words.event_words(event.action, event.actor_role, event.purpose, party),
            words.reason_words(event.reason, party) if event.action == "sealed.opened" else "",
            when(event.at, party),
        )
        for event in events
    ]
