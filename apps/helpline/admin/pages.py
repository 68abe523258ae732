"""What the staff's pages of this room share."""

import re

from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from apps.helpline.forms import AskForm
from apps.people.models import School


def show(site, request, template, context, status=200):
    """A page of templates/admin/helpline in the admin's frame."""
    context = {**site.each_context(request), **context}
    return render(request, f"admin/helpline/{template}.html", context, status=status)


def own_schools(user):
    """The schools in which this user holds a post today."""
    return School.objects.filter(pk__in={p.school_id for p in user.current_posts if p.school_id})


def words_of_student_pages(request):
    """[(page, [sentence])]: what stands on the student's pages now, for who approves it.

    Taken from the templates themselves, so that nothing on them can be left out.
    """
    pages = {
        "はじめの質問": "start",
        "あぶないとき": "now",
        "えらぶ画面": "ask",
        "使えない学校": "not_here",
    }
    return [
        (title, _sentences(render_to_string(f"helpline/{name}.html", {"form": AskForm()}, request)))
        for title, name in pages.items()
    ]


def _sentences(html):
    main = re.search(r"<main\b.*?</main>", html, re.DOTALL).group(0)
    text = re.sub(r"<(?!/?(?:ruby|rt|rp)\b)[^>]*>", "\n", main)
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.split("\n"))
    # Only ruby is left of the markup, and it comes from our own templates.
    return [mark_safe(line) for line in dict.fromkeys(lines) if len(line) > 1]
