"""The template context of the guardian's pages of わたしの情報."""

from datetime import datetime
from urllib.parse import urlsplit

from apps.consent.words import purpose_name
from apps.core.templatetags.japanese import moment
from apps.selfinfo import session_states as states
from apps.selfinfo import words
from apps.selfinfo.services.endpoints import configured_endpoint


def environment():
    """The マイナポータル in use: (whether it is the stand-in, its host)."""
    where = configured_endpoint()
    return {
        "is_set_up": where is not None,
        "is_trial": where is not None and where.is_trial,
        "host": urlsplit(where.authorise_url).netloc if where else "",
    }


def form_action_origin():
    """The one foreign origin that the form may redirect to, for the page's Content-Security-Policy."""
    where = urlsplit(configured_endpoint().authorise_url) if configured_endpoint() else None
    return [f"{where.scheme}://{where.netloc}"] if where else []


def offer_rows(offers):
    """[(Offer, its name)] of the offers that are shown."""
    return [(offer, purpose_name(offer.purpose)) for offer in offers]


def shared_offer(offers):
    """An Offer whose aim, readers and days hold for all that can be requested, or None."""
    askable = [offer for offer in offers if offer.is_askable]
    same = {(o.document.aim, o.document.recipients, o.document.kept, o.until) for o in askable}
    return askable[0] if len(same) == 1 < len(askable) else None


def session_context(session):
    """The context of a session's page, in words and moments."""
    heading, sentence = words.session_status_words(session.state, session.why)
    return {
        "heading": heading,
        "sentence": sentence,
        "busy": words.BUSY_NOTE if session.is_busy and not session.is_over else "",
        "steps": [(words.STEP_WORDS[state], _at(at)) for state, at in session.steps],
        "outcomes": _outcomes(session),
        "may_begin_again": session.is_over or not session.returned_at,
        "seen": page_version(session),
    }


def page_version(session):
    """A version of what a page shows of a session: the same while nothing has changed."""
    return f"{session.state}-{session.why}-{int(session.is_busy)}-{len(session.steps)}"


def purpose_labels(session):
    """The purposes of a session by their names."""
    return [purpose_name(purpose) for purpose in session.purposes]


def earlier_sessions(sessions):
    """[(session, its purposes, heading)] for the list on the first page."""
    return [
        (one, purpose_labels(one), words.session_status_words(one.state, one.why)[0])
        for one in sessions
    ]


def _outcomes(session):
    if session.state not in states.ENDED_STATES:
        return []
    return [
        (purpose_name(purpose), *words.OUTCOME_WORDS[session.outcomes[purpose]])
        for purpose in session.purposes
        if purpose in session.outcomes
    ]


def _at(text):
    return moment(datetime.fromisoformat(text))
