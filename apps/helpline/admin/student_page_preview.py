"""Shared by the admin pages: rendering, and a preview of what students read."""

import re
import uuid
from dataclasses import replace

from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from apps.core import clock
from apps.core.languages import PageLanguage, speaking
from apps.helpline.duty_hours import DutyAvailability
from apps.helpline.forms import HelpRequestForm
from apps.helpline.models import HelpRequest, HelpState
from apps.helpline.recipient_words import ReaderChoice, readers_sentence
from apps.helpline.services.talk import Meeting
from apps.helpline.timeline import HelpRequestTimeline, TalkEntry
from apps.helpline.words import (
    HALTED,
    HEADS,
    OUTSIDE_ROLE,
    ROLE_PLACEHOLDER,
    SENT,
    TALK_ANSWERS,
)


def render_admin_page(site, request, template, context, status=200):
    """A page of templates/admin/helpline in the admin's frame."""
    context = {**site.each_context(request), **context}
    return render(request, f"admin/helpline/{template}.html", context, status=status)


def student_page_sentences(request):
    """[(page, [sentence])] of the student pages as they are now in easy Japanese, for approval.

    Taken from the rendered templates, so that nothing is left out.
    """
    with speaking(PageLanguage.EASY):
        return _rendered_sentences(request)


def _rendered_sentences(request):
    form = HelpRequestForm(has_route=True)
    seen_by = readers_sentence([ROLE_PLACEHOLDER, str(OUTSIDE_ROLE)])
    choices = [ReaderChoice(value, label, seen_by) for value, label in form.wanted_choices]
    context = {"form": form, "watcher": ROLE_PLACEHOLDER, "choices": choices, "has_route": True}
    context["answer_choices"] = form.answer_choices()
    pages = [
        ("はじめの質問", "start", {}),
        ("あぶないとき", "now", {}),
        ("えらぶ画面", "ask", {"watch": DutyAvailability(True, clock.now()), "ticket": "-"}),
        ("見る時間でないとき", "_hours", {"watch": DutyAvailability(False, clock.now())}),
        ("自動の呼び出しが止まっているとき", "_hours", {"halted": HALTED}),
        ("使えない学校", "not_available", {}),
        ("学校の外の人をえらんだとき", "outside", {}),
        ("画面から消したもの", "hidden", {"hidden": [HelpRequest(sent_at=clock.now())]}),
        ("画面から消したものがないとき", "hidden", {}),
        ("学校の外の人が見るもの", "status", _after_sending(HelpState.SENT, is_protected=True)),
        ("カードだけで送るとき", "_by_card", {}),
        ("カードだけで送ったあと", "sent_by_card", {}),
        ("カードだけで送られたもの", "status", _after_sending(HelpState.SENT, without_pin=True)),
        ("つながらないとき", "_offline_request", {}),
        ("チェックインに書くとき", "_keeps_words_out", {}),
        ("チェックインで、先生に見せないでは送れないとき", "_cannot_keep_out", {}),
        ("いままでのわたし", "_words_kept_back", {}),
        ("返事が来たあと", "status", _talking()),
        ("暗証番号を入れる前", "status", _after_sending(HelpState.SEEN) | {"reads": False}),
        *(("送ったあと", "status", _after_sending(state)) for state in HelpState),
    ]
    return [
        (title, _sentences(render_to_string(f"helpline/{name}.html", context | more, request)))
        for title, name, more in pages
    ]


def _after_sending(state, **more):
    """An invented help request in this state, to render its page."""
    head = HEADS.get(state, SENT)
    timeline = HelpRequestTimeline(
        state, head, [], [], [], may_cancel=state in (HelpState.SENT, HelpState.SEEN)
    )
    request = HelpRequest(state=state, **more)
    return {"help_request": request, "timeline": timeline, "reads": True}


def _talking():
    """A talk with a proposed meeting, in which the student may write."""
    entry = TalkEntry(
        ROLE_PLACEHOLDER, clock.now(), {}, meeting=Meeting(clock.now(), "-"), pk=uuid.uuid4()
    )
    context = _after_sending(HelpState.ANSWERED)
    timeline = replace(context["timeline"], talk=[entry])
    answers = TALK_ANSWERS.items()
    return context | {
        "timeline": timeline, "may_write": True, "reads": True, "talk_answers": answers,
    }  # fmt: skip


def _sentences(html):
    html = re.sub(r"<template\b.*?</template>", "", html, flags=re.DOTALL)  # not shown yet
    main = re.search(r"<main\b.*?</main>", html, re.DOTALL)
    inner = re.sub(r'<span class="word">(.*?)</span>', r"\1", main.group(0) if main else html)
    text = re.sub(r"<(?!/?(?:ruby|rt|rp)\b)[^>]*>", "\n", inner)
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.split("\n"))
    # Only ruby markup is left, and it comes from our own templates.
    return [mark_safe(line) for line in dict.fromkeys(lines) if len(line) > 1]
