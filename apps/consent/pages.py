"""What the consent pages show, in the wording of the person who reads them."""

from dataclasses import dataclass
from datetime import date

from apps.consent import words
from apps.consent.document_diff import diff_fields
from apps.consent.effectiveness_rules import EffectivenessReason
from apps.consent.page_words import page_words
from apps.consent.services.certificates import counts_visible_to
from apps.consent.services.recorded_names import recorded_name
from apps.consent.services.respondents import (
    receipt_awaits_school,
    receipt_is_informed_only,
    receipt_may_be_informed_only,
)
from apps.core.clock import JST
from apps.core.templatetags.japanese import day, moment, plain, reading, ruby
from apps.vault.card_purposes import CARD_PURPOSES


@dataclass(frozen=True)
class PurposeLine:
    """One purpose on the overview."""

    purpose: str
    name: str
    source: str
    state_words: str
    badge: str
    said: str
    said_at: str
    is_outdated: bool
    is_open: bool
    may_withdraw: bool
    may_decide: bool
    pause: str = ""
    damage: str = ""


@dataclass(frozen=True)
class AnswerLine:
    """One answer on the check page or the receipt."""

    purpose: str
    name: str
    said: str
    version: str = ""


def party_context(party):
    """What every page needs to know about its reader."""
    return {"party": str(party), "side": str(party), "w": page_words(party)}


def moment_words(at, party):
    """A moment in words, with readings for the student."""
    return _dated(moment(at), party)


def exact_moment_words(at, party):
    """A moment in words with its year and without "today": for what is kept on paper."""
    local = at.astimezone(JST)
    return _dated(f"{local.year}年 {day(at)} {local:%H:%M}", party)


def day_words(text, party):
    """A day ("2026-11-26") in words with its year."""
    on = date.fromisoformat(text)
    return _dated(f"{on.year}年 {day(on)}", party)


def _dated(text, party):
    return text if party == words.GUARDIAN else reading(text)


def purpose_lines(states, party):
    """The overview, in the policy's order."""
    return [purpose_line(state, party) for state in states if state.document]


def purpose_line(state, party):
    """A purpose as a PurposeLine."""
    state_words, badge = words.effectiveness_words(state.why, party)
    own_decision = state.own_decision
    return PurposeLine(
        purpose=state.purpose,
        name=words.purpose_name(state.purpose, party),
        source=state.document.source if party == words.GUARDIAN else "",
        state_words=state_words,
        badge=badge,
        said=words.for_party(words.RESPONSES[own_decision.response], party) if own_decision else "",
        said_at=moment_words(own_decision.decided_at, party) if own_decision else "",
        is_outdated=state.is_outdated,
        is_open=state.is_open,
        may_withdraw=state.may_withdraw,
        may_decide=state.may_decide,
        pause=_paused(state, party),
        damage=words.for_party(words.KEY_DAMAGED, party)
        if state.is_damaged and state.may_decide
        else "",
    )


def _paused(state, party):
    """Who paused a purpose, and when it will be deleted if that is decided; "" when in use."""
    if state.pause is None:
        return ""
    told = (
        []
        if state.why == EffectivenessReason.PAUSED
        else [words.for_party(words.PAUSED_NOW, party)]
    )
    if state.is_paused_by_city:
        told.append(words.for_party(words.PAUSED_BY_CITY, party))
    until = state.pause.destroy_after
    last = words.for_party(words.PAUSED if until is None else words.PAUSED_UNTIL, party)
    return "".join([*told, last.format(until and moment_words(until, party))])


def draft_answer_lines(answers, party):
    """The answers of a draft ({purpose: response}) in words."""
    return [
        AnswerLine(
            purpose,
            words.purpose_name(purpose, party),
            words.for_party(words.RESPONSE_CHOICES[response], party),
        )
        for purpose, response in answers.items()
    ]


def child_name(row):
    """The child's name on a receipt, certificate or message: as it was at that time."""
    name = recorded_name(row)
    return f"{name} さん" if name else words.YOUR_CHILD


def receipt_answer_lines(receipt):
    """The answers of a receipt in the wording of its author."""
    form = page_words(receipt.party).version
    return [
        AnswerLine(
            decision.purpose,
            words.purpose_name(decision.purpose, receipt.party),
            words.for_party(words.RESPONSES[decision.response], receipt.party),
            form.format(decision.document.version),
        )
        for decision in receipt.decisions.select_related("document").order_by("pk")
    ]


def next_steps(receipt):
    """The sentences about what follows, for the kinds of answers this receipt holds."""
    given = {decision.response for decision in receipt.decisions.all()}
    w = page_words(receipt.party)
    if receipt_awaits_school(receipt):
        return [w.next_may_be_informed if receipt_may_be_informed_only(receipt) else w.next_waiting]
    if receipt_is_informed_only(receipt):
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


def what_remains(receipt):
    """What remains, and where, after the withdrawals of this receipt; "" without any."""
    w, found = page_words(receipt.party), []
    if receipt_awaits_school(receipt) or receipt_is_informed_only(receipt):
        return []
    for decision in receipt.decisions.select_related("document").order_by("pk"):
        if decision.response == "withdrawn" and decision.purpose not in words.PORTAL_PURPOSES:
            found.append(w.stays_source.format(_source(decision)))
    took_back = any(decision.response == "withdrawn" for decision in receipt.decisions.all())
    return [*dict.fromkeys(found), w.stays_work, w.stays_trace] if took_back else []


def receipt_pdf_content(receipt):
    """What the PDF of a receipt says, plain (no ruby on paper)."""
    w = page_words(receipt.party)
    rows = [
        (w.number, str(receipt.pk)),
        (w.when, exact_moment_words(receipt.decided_at, receipt.party)),
    ]
    if receipt.party == words.GUARDIAN:
        rows.append((w.student, child_name(receipt)))
        rows.append((w.decided_as, receipt.get_party_display()))
    answers = [(f"{a.name} ({a.version})", a.said) for a in receipt_answer_lines(receipt)]
    return {
        "title": plain(w.receipt_title),
        "facts": _plain_rows(rows),
        "answers_title": plain(w.answers),
        "answers": _plain_rows(answers),
        "notes": [
            plain(note)
            for note in (*next_steps(receipt), *what_remains(receipt), w.nothing_changes)
        ],
        "proof_words": [plain(w.proof_lead), plain(w.proof_how)],
    }


def _plain_rows(rows):
    return [(plain(name), plain(value)) for name, value in rows]


def verified_answers(facts):
    """The answers of a pasted receipt in words; unknown codes stay as they are."""
    return [
        (
            words.PURPOSE_NAMES.get(purpose, (purpose,))[0],
            words.RESPONSES.get(answer["response"], (answer["response"],))[0],
            answer["version"],
        )
        for purpose, answer in facts["answers"].items()
    ]


def _is_unproved(party, student):
    """Whether an end by this person pauses now and destroys only once their PIN reset is confirmed."""
    return party == words.STUDENT and student.has_unconfirmed_pin


def withdrawal_context(state, party, student):
    """What the withdrawal page shows: the title, what ends and when, what stays."""
    w = page_words(party)
    source = (
        [] if state.purpose in words.PORTAL_PURPOSES else [w.stays_source.format(_source(state))]
    )
    return {
        "title": w.stop_title.format(words.purpose_name(state.purpose, party)),
        "ends_when": w.ends_unproved if _is_unproved(party, student) else w.ends_when,
        "ends": [words.destroyed_words(state.purpose, party)],
        "stays": [w.stays_life, *source, w.stays_work, w.stays_trace],
    }


def _source(of):
    return of.document.source.split("(保護者", 1)[0]


def without_consent_words(purpose, party):
    """What not agreeing means for this one purpose, beyond "nothing changes"; "" for most."""
    return (
        words.for_party(words.WITHOUT_CONSENT[purpose], party)
        if purpose in words.WITHOUT_CONSENT
        else ""
    )


def refusal_words(error, party):
    """Why a decision was refused: the rule's own sentence, for students in plain words."""
    return (
        str(error)
        if party == words.GUARDIAN
        else ruby(getattr(error, "to_student", "") or page_words(party).refused)
    )


DIFF_FIELDS = {  # fields of a document, as the pages name them
    words.GUARDIAN: {
        "question": "question", "what": "what", "what_not": "what_not", "source": "source",
        "recipients": "recipients", "kept": "kept", "aim": "aim",
    },
    words.STUDENT: {"student_question": "question", "student_words": "explained"},
}  # fmt: skip


def document_changes(state, party):
    """[(label, parts)] from the version this person answered to the version in force."""
    if not state.is_outdated:
        return []
    w, named = page_words(party), DIFF_FIELDS[str(party)]
    found = diff_fields(state.own_decision.document, state.document, named)
    return [(getattr(w, named[change.field]), change.parts) for change in found]


def document_preview(document, before, party):
    """The document as this party will see it, with what changed, for staff who review a draft."""
    w, named = page_words(party), DIFF_FIELDS[party]
    found = diff_fields(before, document, named) if before else []
    return party_context(party) | {
        "title": document.question if party == words.GUARDIAN else document.student_question,
        "changes": [(getattr(w, named[change.field]), change.parts) for change in found],
        "is_looked_at": document.purpose != "evaluation",
    }


def message_lines(rows, user):
    """The inbox lines of one person: [(message, child, sentence, when)]."""
    return [
        (
            row,
            child_name(row),
            words.message_words(row.kind, row.why, row.purposes, party),
            moment_words(row.made_at, party),
        )
        for row in rows
        for party in [words.STUDENT if row.student.user_id == user.pk else words.GUARDIAN]
    ]


def certificate_context(row, party, user):
    """What a deletion certificate shows to this person: facts, and counts by source."""
    counts = {}
    for count in counts_visible_to(row, user):
        counts[count.source] = counts.get(count.source, 0) + count.n_rows
    return {
        "purpose": words.purpose_name(row.purpose, party),
        "ended_at": exact_moment_words(row.ended_at, party),
        "why": words.for_party(words.END_REASONS[row.ended_by], party),
        "is_of_a_card": row.purpose in CARD_PURPOSES,
        "counts": [
            (words.for_party(words.SOURCE_NAMES.get(source, (source, source)), party), n)
            for source, n in counts.items()
        ],
    }
