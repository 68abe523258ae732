"""Admin pages of notices: writing, checking by a second person, correcting, handing out on paper."""

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from apps.core import qr
from apps.core.templatetags.japanese import plain
from apps.notices import ruby_checks
from apps.notices.forms import RUBY_HELP, NoticeForm, WithdrawForm
from apps.notices.models import Notice, NoticeState
from apps.notices.notice_body import body_html
from apps.notices.services import (
    drafts,
    hidden_content,
    notice_reach,
    paper_handouts,
    publication,
    publication_rules,
)
from apps.notices.services import (
    organisations as notices_organisations,
)
from apps.people import grades
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Role
from apps.people.permissions import classes_where, may, municipalities_where
from apps.people.services.person_accounts import is_same_person
from apps.push.services import broadcasts as push

AUDIENCE_FIELDS = ["schools", "grades", "for_guardians"]
DONE_MESSAGES = {
    "submit": "確認を たのみました。べつの 人が 見て、公開します。",
    "take_back": "下書きに もどしました。",
    "publish": "公開しました。",
    "withdraw": "取り下げました。",
}


@admin.register(Notice)
class NoticeAdmin(ProposalAdmin, StaffAdmin):
    refusals = (publication_rules.PublicationRefused,)
    view_verb, edit_verb = "notices.view", "notices.edit"
    list_display = ["name", "state", "urgency", "publish_at", "expires_at"]
    list_display_links = None
    list_filter = ["state"]
    is_small = True
    form = NoticeForm

    def get_queryset(self, request):
        own_municipalities = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own_municipalities)

    @admin.display(description="題", ordering="title")
    def name(self, obj):
        url = reverse("admin:notices_notice_review", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', url, plain(obj.title))

    @admin.display(description="急ぎ", ordering="is_urgent")
    def urgency(self, obj):
        return "急ぎ" if obj.is_urgent else ""

    # -- writing --

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return super().has_change_permission(request)
        draft = obj.state == NoticeState.DRAFT
        return draft and publication_rules.may_change_draft(request.user, obj)

    def get_fields(self, request, obj=None):
        words = ["title", "body", "organisations"]
        if obj is not None and obj.corrects_id:
            return [*words, "change_note", "is_urgent", "expires_at"]
        return [*words, *AUDIENCE_FIELDS, "is_urgent", "publish_at", "expires_at"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request, obj, form, change):
        if not change:
            obj.municipality_id = form.municipality_id()
        drafts.save_draft(obj, by=request.user, fields=form.changed_data)

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_review(obj)

    def response_change(self, request, obj):
        return self._to_review(obj)

    def _to_review(self, notice):
        return redirect("admin:notices_notice_review", notice.pk)

    # -- custom pages --

    def get_urls(self):
        def page(view, name, route, methods=("GET", "POST")):
            guarded = self.admin_site.admin_view(require_http_methods(methods)(view))
            return path(f"<uuid:pk>/{route}", guarded, name=f"notices_notice_{name}")

        return [
            page(self.review_page, "review", "look/"),
            page(require_safe(self.preview_page), "preview", "preview/", ["GET", "HEAD"]),
            page(self.paper_page, "paper", "paper/<uuid:class_pk>/"),
            *super().get_urls(),
        ]

    def _notice(self, request, pk):
        notice = self.get_queryset(request).filter(pk=pk).first()
        if notice is None or not self.has_view_permission(request):
            raise Http404
        return notice

    def review_page(self, request, pk):
        """The review page: the notice as people will see it, its reach, and the actions."""
        notice = self._notice(request, pk)
        if request.method == "POST":
            return self._act(request, notice)
        youngest = notice_reach.youngest_reader(notice)
        is_out = notice.state in {NoticeState.PUBLISHED, NoticeState.CORRECTED}
        context = {
            **self.admin_site.each_context(request),
            **_shown(notice),
            "title": "お知らせの見本と届き方",
            "reach": notice_reach.count_reach(notice),
            "rows": notice_reach.reach_rows(notice, request.user) if is_out else [],
            "papers": set(_paper_classes(request.user)) if notice.state == "published" else set(),
            "push_progress_url": push.progress_url(notice.pk.hex)
            if may(request.user, "push.view")
            else "",
            "n_handed_out": notice_reach.count_paper_handouts(notice),
            "bare": ruby_checks.kanji_without_reading(
                notice.title, notice.body, notice.change_note, grade=youngest
            ),
            "bare_to": grades.GRADE_NAMES.get(youngest, ""),
            "audience": grades.grades_in_words(notice.grades),
            "seen": publication_rules.content_digest(notice),
            "is_mine": is_same_person(request.user, notice.written_by_id),
            "may_edit": may(request.user, "notices.edit", notice),
            "may_change": self.has_change_permission(request, notice),
            "withdraw_form": WithdrawForm(),
            "act_open": hidden_content.pending_hiding(notice),
            "ruby_help": RUBY_HELP,
        }
        return render(request, "admin/notices/notice.html", context)

    def preview_page(self, request, pk):
        """The page exactly as a student (or ?side=guardian) gets it; nothing is counted."""
        notice = self._notice(request, pk)
        side = "guardian" if request.GET.get("side") == "guardian" else "student"
        context = {**_shown(notice), "side": side, "is_preview": True}
        return render(request, "notices/notice.html", context)

    def _act(self, request, notice):
        if not may(request.user, "notices.edit", notice):
            raise Http404
        verb = request.POST.get("verb")
        words = WithdrawForm(request.POST)
        verbs = {
            "submit": lambda: drafts.submit_draft(notice, by=request.user),
            "take_back": lambda: drafts.return_to_draft(notice, by=request.user),
            "publish": lambda: publication.publish_notice(
                notice, by=request.user, seen=request.POST.get("seen", "")
            ),
            "withdraw": lambda: publication.withdraw_notice(notice, by=request.user),
            "correct": lambda: publication.start_correction(notice, by=request.user),
        }
        if verb not in verbs:
            raise Http404
        if not words.is_valid():
            messages.error(request, "言葉は 200字までに してください。")
            return self._to_review(notice)
        is_out = notice.state == NoticeState.PUBLISHED
        if verb == "withdraw" and is_out and publication_rules.may_address(request.user, notice):
            changes = {
                "state": NoticeState.WITHDRAWN,
                "withdrawn_words": words.cleaned_data["words"],
            }
            before = {"state": notice.state, "withdrawn_words": notice.withdrawn_words}
            return redirect(self.proposal_url(notice, changes, before))
        try:
            done = verbs[verb]()
        except publication_rules.PublicationRefused as error:
            messages.error(request, str(error))
            return self._to_review(notice)
        if verb == "correct":
            return redirect("admin:notices_notice_change", done.pk)
        messages.success(request, DONE_MESSAGES[verb])
        return self._to_review(notice)

    # -- hiding --

    def effects_of(self, row, changes):
        hides = changes.get("state") == NoticeState.WITHDRAWN
        return hidden_content.hiding_effects(row) if hides else hidden_content.NO_EFFECTS

    def propose(self, row, changes, *, by, reason):
        return hidden_content.hide(row, by=by, reason=reason, words=changes["withdrawn_words"])

    def back_url(self, row):
        return reverse("admin:notices_notice_review", args=[row.pk])

    # -- paper --

    def paper_page(self, request, pk, class_pk):
        """A printable sheet for a class, and the checkbox that it was handed out."""
        notice = self._notice(request, pk)
        if not may(request.user, "notices.hand_out"):
            raise Http404
        own_classes = classes_where(request.user, "notices.hand_out").filter(
            pk__in=paper_handouts.audience_classes(notice)
        )
        of_class = get_object_or_404(own_classes, pk=class_pk)
        if request.method == "POST":
            return self._tick(request, notice, of_class)
        own = _is_own(request.user, of_class)
        context = {
            **self.admin_site.each_context(request),
            **_shown(notice),
            "title": f"紙で配る({of_class})",
            "of_class": of_class,
            "qr": qr.qr_svg(f"{settings.PORTAL_URL}{reverse('notices:notice', args=[pk])}"),
            "missing": paper_handouts.students_not_signed_in(notice, of_class) if own else None,
            "handed_out": notice.hand_outs.filter(school_class=of_class).first(),
        }
        return render(request, "admin/notices/paper_handout.html", context)

    def _tick(self, request, notice, of_class):
        try:
            paper_handouts.record_paper_handout(notice, of_class, by=request.user)
            messages.success(request, f"{of_class} に 配ったことを 記録しました。")
        except publication_rules.PublicationRefused as error:
            messages.error(request, str(error))
        return redirect("admin:notices_notice_paper", notice.pk, of_class.pk)


def _shown(notice):
    """The context of a notice, for every page that shows it."""
    organisations = notice.organisations.published()
    found = organisations.prefetch_related("opening_hours", "exceptions")
    return {
        "notice": notice,
        "body": body_html(notice.body),
        "places": [notices_organisations.organisation_status(one) for one in found],
    }


def _paper_classes(user):
    """The classes for which this person may hand out paper."""
    return classes_where(user, "notices.hand_out").values_list("pk", flat=True)


def _is_own(user, of_class):
    return any(
        post.role == Role.HOMEROOM and post.school_class_id == of_class.pk
        for post in user.current_posts
    )
