"""What the consent pages show, in the wording of the person who reads them."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from apps.consent import words
from apps.consent.document_diff import diff_fields
from apps.consent.effectiveness_rules import EffectivenessReason
from apps.consent.services.certificates import counts_visible_to_student
from apps.consent.services.recorded_names import recorded_name
from apps.consent.services.respondents import (
    receipt_awaits_school,
    receipt_is_informed_only,
    receipt_may_be_informed_only,
)
from apps.core.clock import JST
from apps.core.languages import PageLanguage, html_lang, join_sentences, language_for, speaking
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
    agrees: bool  # the reader's own answer, to the document in force
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
    title = words.for_party(words.OVERVIEW_TITLE, party)
    return {
        "party": str(party), "side": str(party), "overview_title": title,
        "child_answer_not_shown": words.CHILD_ANSWER_NOT_SHOWN,
        "all_guardians_agree": words.ALL_GUARDIANS_AGREE,
        "one_guardian_agrees": words.ONE_GUARDIAN_AGREES,
        "what_guardian_may_notice": words.WHAT_GUARDIAN_MAY_NOTICE,
    }  # fmt: skip


def moment_words(at):
    """A moment in words, with readings in easy Japanese."""
    return reading(moment(at))


def exact_moment_words(at):
    """A moment in words with its year and without "today": for what is kept on paper."""
    local = at.astimezone(JST)
    values = {"year": local.year, "day": day(at), "time": f"{local:%H:%M}"}
    return reading(_("%(year)s年 %(day)s %(time)s") % values)


def day_words(text):
    """A day ("2026-11-26") in words with its year."""
    on = date.fromisoformat(text)
    return reading(_("%(year)s年 %(day)s") % {"year": on.year, "day": day(on)})


def purpose_lines(states, party):
    """The overview, in the policy's order."""
    return [purpose_line(state, party) for state in states if state.document]


def purpose_line(state, party):
    """A purpose as a PurposeLine."""
    state_words, badge = words.effectiveness_words(state.why, party)
    own_decision = state.own_decision
    if state.why == EffectivenessReason.NOT_SHOWN and state.may_decide and own_decision is None:
        state_words, badge = words.effectiveness_words(EffectivenessReason.WAITING_ANSWER, party)
    return PurposeLine(
        purpose=state.purpose,
        name=words.purpose_name(state.purpose),
        source=state.document.source if party == words.GUARDIAN else "",
        state_words=state_words,
        badge=badge,
        said=str(words.RESPONSES[own_decision.response]) if own_decision else "",
        said_at=moment_words(own_decision.decided_at) if own_decision else "",
        is_outdated=state.is_outdated,
        is_open=state.is_open,
        may_withdraw=state.may_withdraw,
        may_decide=state.may_decide,
        agrees=state.agrees,
        pause=_paused(state),
        damage=str(words.KEY_DAMAGED) if state.is_damaged and state.may_decide else "",
    )


def _paused(state):
    """Who paused a purpose, and when it will be deleted if that is decided; "" when in use."""
    if state.pause is None:
        return ""
    until = state.pause.destroy_after
    is_shown = state.why == EffectivenessReason.PAUSED  # by the badge
    sentences = [
        None if is_shown else words.PAUSED_NOW,
        words.PAUSED_BY_CITY if state.is_paused_by_city else None,
        words.PAUSED if until is None else words.PAUSED_UNTIL % {"until": moment_words(until)},
    ]
    return join_sentences(*(str(sentence) for sentence in sentences if sentence))


def draft_answer_lines(answers, party):
    """The answers of a draft ({purpose: response}) in words."""
    return [
        AnswerLine(
            purpose,
            words.purpose_name(purpose),
            words.for_party(words.RESPONSE_CHOICES[response], party),
        )
        for purpose, response in answers.items()
    ]


def child_name(row):
    """The child's name on a receipt, certificate or message: as it was at that time."""
    name = recorded_name(row)
    return _("%(name)s さん") % {"name": name} if name else str(words.YOUR_CHILD)


def receipt_answer_lines(receipt):
    """The answers of a receipt in words."""
    return [
        AnswerLine(
            decision.purpose,
            words.purpose_name(decision.purpose),
            str(words.RESPONSES[decision.response]),
            words.version_words(decision.document.version),
        )
        for decision in receipt.decisions.select_related("document").order_by("pk")
    ]


def next_steps(receipt):
    """The sentences about what follows, for the kinds of answers this receipt holds."""
    if receipt_awaits_school(receipt):
        is_open = receipt_may_be_informed_only(receipt)
        return [words.NEXT_MAY_BE_INFORMED if is_open else words.NEXT_AWAITING_SCHOOL]
    if receipt_is_informed_only(receipt):
        return [words.NEXT_INFORMED]
    given = {decision.response for decision in receipt.decisions.all()}
    kinds = {"refused" if response == "withdrawn" else response for response in given}
    steps = dict(words.NEXT_STEPS)
    if _is_unproved(receipt.party, receipt.student):
        steps["refused"] = words.NEXT_UNPROVED
    found = [sentence for kind, sentence in steps.items() if kind in kinds]
    return [*found, words.for_party(words.HOW_TO_STOP, receipt.party)]


def what_remains(receipt):
    """What remains, and where, after the withdrawals of this receipt; [] without any."""
    if receipt_awaits_school(receipt) or receipt_is_informed_only(receipt):
        return []
    decisions = receipt.decisions.select_related("document").order_by("pk")
    ended = [decision for decision in decisions if decision.response == "withdrawn"]
    at_sources = [_stays_at_source(decision, receipt.party) for decision in ended]
    found = [sentence for sentence in dict.fromkeys(at_sources) if sentence]
    return [*found, words.STAYS_AS_WORK, words.STAYS_AS_TRACE] if ended else []


def receipt_pdf_content(receipt):
    """What the PDF of a receipt says, plain (no ruby on paper): in Japanese, as it was answered."""
    with speaking(language_for(receipt.party)):
        rows = [
            ("number", str(receipt.pk)),
            ("when", exact_moment_words(receipt.decided_at)),
        ]
        if receipt.party == words.GUARDIAN:
            rows.append(("student", child_name(receipt)))
            rows.append(("decided_as", words.PARTY_NAMES[receipt.party]))
        answers = [(f"{a.name} ({a.version})", a.said) for a in receipt_answer_lines(receipt)]
        notes = (*next_steps(receipt), *what_remains(receipt), words.NOTHING_CHANGES)
        return {
            "title": plain(words.RECEIPT_TITLE),
            "facts": _plain_rows((words.RECEIPT_FIELDS[name], value) for name, value in rows),
            "answers_title": plain(words.RECEIPT_FIELDS["answers"]),
            "answers": _plain_rows(answers),
            "notes": [plain(note) for note in notes],
            "proof_words": [plain(words.PROOF_LEAD), plain(words.PROOF_HOW)],
        }


def _plain_rows(rows):
    return [(plain(name), plain(value)) for name, value in rows]


def verified_answers(facts):
    """The answers of a pasted receipt in words; unknown codes stay as they are."""
    return [
        (
            words.PURPOSE_NAMES.get(purpose, purpose),
            words.RESPONSES.get(answer["response"], answer["response"]),
            answer["version"],
        )
        for purpose, answer in facts["answers"].items()
    ]


def _is_unproved(party, student):
    """Whether an end by this person pauses now and destroys only once their PIN reset is confirmed."""
    return party == words.STUDENT and student.has_unconfirmed_pin


def withdrawal_context(state, party, student):
    """What the withdrawal page shows: the title, what ends and when, what stays."""
    is_unproved = _is_unproved(party, student)
    stays = [
        words.STAYS_IN_LIFE, _stays_at_source(state, party), words.STAYS_AS_WORK,
        words.STAYS_AS_TRACE,
    ]  # fmt: skip
    return {
        "title": words.withdrawal_title(state.purpose),
        "ends_when": words.ENDS_ONCE_CONFIRMED if is_unproved else words.ENDS_AT_ONCE,
        "ends": [words.destroyed_words(state.purpose, party)],
        "stays": [sentence for sentence in stays if sentence],
    }


def _stays_at_source(of, party):
    """That the records stay where they came from; "" for what only the portal holds."""
    if of.purpose in words.PORTAL_PURPOSES:
        return ""
    if party == words.STUDENT or html_lang() != PageLanguage.JA:
        return str(words.STAYS_AT_SOURCE)
    source = of.document.source.split("(保護者", 1)[0]  # no sentence
    return words.STAYS_AT_NAMED_SOURCE % {"source": source}


def without_consent_words(purpose):
    """What not agreeing means for this one purpose, beyond "nothing changes"; "" for most."""
    return words.WITHOUT_CONSENT.get(purpose, "")


def refusal_words(error, party):
    """Why a decision was refused: the rule's own sentence, for students in plain words."""
    if party == words.GUARDIAN:
        return str(error)
    return ruby(getattr(error, "to_student", "") or words.REFUSED)


DIFF_FIELDS = {  # the fields of a document that each party reads
    words.GUARDIAN: ("question", "what", "what_not", "source", "recipients", "kept", "aim"),
    words.STUDENT: ("student_question", "student_words"),
}


def document_changes(state, party):
    """[(label, parts)] from the version this person answered to the version in force."""
    if not state.is_outdated:
        return []
    return _changes(state.own_decision.document, state.document, party)


def _changes(before, document, party):
    found = diff_fields(before, document, DIFF_FIELDS[str(party)])
    return [(words.DOCUMENT_FIELDS[change.field], change.parts) for change in found]


def document_preview(document, before, party):
    """The document as this party will see it, with what changed, for staff who review a draft."""
    return party_context(party) | {
        "language": language_for(party),
        "title": document.question if party == words.GUARDIAN else document.student_question,
        "changes": _changes(before, document, party) if before else [],
        "is_looked_at": document.purpose != "evaluation",
    }


def message_lines(rows):
    """The inbox lines of a student: [(message, sentence, when)]."""
    return [
        (row, words.message_words(row.kind, row.why, row.purposes), moment_words(row.made_at))
        for row in rows
    ]


def certificate_context(row):
    """What a deletion certificate shows to its student: facts, and counts by source."""
    counts = {}
    for count in counts_visible_to_student(row):
        counts[count.source] = counts.get(count.source, 0) + count.n_rows
    return {
        "purpose": words.purpose_name(row.purpose),
        "ended_at": exact_moment_words(row.ended_at),
        "why": str(words.END_REASONS[row.ended_by]),
        "is_of_a_card": row.purpose in CARD_PURPOSES,
        "counts": [(words.SOURCE_NAMES.get(source, source), n) for source, n in counts.items()],
    }
