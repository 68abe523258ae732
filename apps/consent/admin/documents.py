"""Staff pages for policies, documents and decisions: the city edits, records are read-only."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.consent import pages
from apps.consent.admin.base import TermsAdmin
from apps.consent.document_terms import document_digest
from apps.consent.forms.terms import ConsentDocumentForm, PurposePolicyForm
from apps.consent.models import (
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    DeletionCertificate,
    DeletionCount,
    DocumentDisplay,
    ExplanationRequest,
    PurposePolicy,
)
from apps.consent.services import (
    change_effects,
    decisions,
    documents,
    policy_changes,
    project_texts,
    purpose_status,
)
from apps.consent.words import purpose_name
from apps.core.subqueries import aggregate_of
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin, ProposalReasonForm
from apps.people.admin_bases.staff import ReadOnlyAdmin, StaffAdmin
from apps.people.permissions import may, students_where
from apps.people.services.person_accounts import is_same_person


@admin.register(PurposePolicy)
class PurposePolicyAdmin(ProposalAdmin, TermsAdmin):
    is_small = True
    form = PurposePolicyForm
    list_display = (
        "order", "purpose", "is_offered", "decider", "kept_days", "paused", "municipality",
    )  # fmt: skip
    list_display_links = ("purpose",)
    fields = ("municipality", "purpose", *PurposePolicyForm.Meta.fields)
    readonly_fields = ("municipality", "purpose")
    ordering = ("municipality", "order")

    def get_queryset(self, request):
        return purpose_status.with_paused_count(super().get_queryset(request))

    @admin.display(description="いま止めている(人)")
    def paused(self, policy):
        return policy.n_paused or "—"

    def has_add_permission(self, request):
        return False

    def effects_of(self, row, changes):
        return change_effects.effects_of_policy(row, changes)

    def propose(self, row, changes, *, by, reason):
        return policy_changes.propose_policy_change(row, changes, by=by, reason=reason)

    def save_model(self, request, obj, form, change):
        if self.is_proposal(request, obj, form, change):
            return
        try:
            documents.change_policy(obj, by=request.user, fields=form.changed_data)
        except (
            documents.CannotPublishDocument
        ) as error:  # another version was published while the form was open
            self.message_user(request, str(error), messages.ERROR)


@admin.register(ConsentDocument)
class ConsentDocumentAdmin(TermsAdmin):
    """Drafts can be edited; a published version is never changed, only followed by a new one."""

    is_small = True
    form = ConsentDocumentForm
    list_display = (
        "purpose",
        "version",
        "reviewed_at",
        "published_at",
        "new_sentence",
        "municipality",
    )
    list_filter = ("purpose",)
    ordering = ("municipality", "purpose", "-version")
    readonly_fields = (
        "municipality", "purpose", "version", "written_by", "reviewed_by", "reviewed_at",
        "published_at", "digest",
    )  # fmt: skip
    fields = (*readonly_fields, *ConsentDocumentForm.Meta.fields)
    change_form_template = "admin/consent/document.html"

    @admin.display(description="案の新しい文")
    def new_sentence(self, document):
        return "まだない" if project_texts.is_behind(document) else "—"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        is_draft = obj is None or obj.published_at is None
        return is_draft and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        try:
            documents.edit_draft(obj, by=request.user, fields=form.changed_data)
        except documents.CannotPublishDocument as error:
            self.message_user(request, str(error), messages.ERROR)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        found = self.get_object(request, object_id)
        more = {
            "may_edit_words": may(request.user, self.edit_verb, found),
            "may_review": may(request.user, "consent.review", found),
            "is_behind": found is not None and project_texts.is_behind(found),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @page("<uuid:pk>/next/", "consent_consentdocument_next")
    def next_version(self, request, pk):
        """Make the draft that follows this version."""
        return _next_version(request, self._found(request, pk))

    @page("<uuid:pk>/read/", "consent_consentdocument_read")
    def read(self, request, pk):
        """The document as guardian and student will see it, with what changed, for the reviewer."""
        if not may(request.user, self.view_verb):
            raise PermissionDenied("説明文書を見る立場ではありません。")
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        return _read(request, found, self.admin_site)

    @page("<uuid:pk>/publish/", "consent_consentdocument_publish")
    def publish(self, request, pk):
        """Show whom the new version asks again, then publish it."""
        return _publish(request, self._found(request, pk), self.admin_site)

    def _found(self, request, pk):
        """The document, if this person may edit documents of its municipality."""
        if not may(request.user, self.edit_verb):
            raise PermissionDenied("説明文書を変えられるのは、市の担当者だけです。")
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None or not may(request.user, self.edit_verb, found):
            raise PermissionDenied("この自治体の説明文書ではありません。")
        return found


@require_POST
def _next_version(request, document):
    draft = documents.draft_next_version(document, by=request.user)
    messages.success(
        request, f"第{draft.version}版の下書きです。公開するまで、だれにも見えません。"
    )
    return redirect("admin:consent_consentdocument_change", draft.pk)


@require_http_methods(["GET", "POST"])
def _read(request, document, site):
    may_review = may(request.user, "consent.review", document) and document.published_at is None
    if request.method == "POST":
        if not may_review:
            raise PermissionDenied("確かめられるのは、市の担当者と個人情報保護の担当だけです。")
        try:
            documents.review_document(document, by=request.user, seen=request.POST.get("seen", ""))
            messages.success(request, "確かめたことを記録しました。公開できます。")
        except documents.CannotPublishDocument as error:
            messages.error(request, str(error))
        return redirect("admin:consent_consentdocument_read", document.pk)
    before = documents.previous_version(document)
    context = {
        **site.each_context(request),
        "title": f"{document} を読む",
        "document": document,
        "before": before,
        "seen": document_digest(document),
        "may_review": may_review and not is_same_person(request.user, document.written_by_id),
        "sides": [
            pages.document_preview(document, before, party) for party in ("guardian", "student")
        ],
    }
    return TemplateResponse(request, "admin/consent/document_review.html", context)


@require_http_methods(["GET", "POST"])
def _publish(request, document, site):
    target = reverse("admin:consent_consentdocument_change", args=[document.pk])
    form = ProposalReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reason, seen = form.cleaned_data["reason"], request.POST.get("seen", "")
            documents.publish_document(document, by=request.user, reason=reason, seen=seen)
            messages.success(request, "公開しました。あらためて、みなさんにたずねます。")
            return redirect(target)
        except documents.CannotPublishDocument as error:
            form.add_error(None, str(error))
            document.refresh_from_db()
    context = {
        **site.each_context(request),
        "title": f"{document} を公開しますか",
        "document": document,
        "n_linked": documents.count_linked_students(document),
        "seen": document_digest(document),
        "target": target,
        "form": form,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/consent/document_publish.html", context, status=status)


class ConsentRecordAdmin(ReadOnlyAdmin):
    view_verb = "consent.view"
    list_per_page = 50

    def get_queryset(self, request):
        return purpose_status.records_visible_to(request.user, super().get_queryset(request))

    @admin.display(description="番号", ordering="id")
    def number(self, record):
        return record.pk


@admin.register(ConsentDecision)
class ConsentDecisionAdmin(ConsentRecordAdmin):
    list_display = ("decided_at", "student", "purpose", "party", "response", "document")
    list_filter = ("purpose", "party", "response")
    list_select_related = ("student", "document")
    fields = ("decided_at", "student", "purpose", "party", "response", "document", "receipt_number")
    ordering = ("-id",)

    @admin.display(description="控え")
    def receipt_number(self, decision):
        return decision.receipt_id


@admin.register(ConsentReceipt)
class ConsentReceiptAdmin(ConsentRecordAdmin):
    list_display = ("decided_at", "student", "party", "channel", "number")
    list_filter = ("party", "channel")
    list_select_related = ("student",)
    fields = ("number", "decided_at", "student", "party", "channel")
    ordering = ("-decided_at",)


@admin.register(DocumentDisplay)
class DocumentDisplayAdmin(ConsentRecordAdmin):
    list_display = ("shown_at", "of_student", "words")
    list_select_related = ("student", "document")
    fields = ("shown_at", "of_student", "words")
    ordering = ("-id",)

    @admin.display(description="生徒", ordering="student")
    def of_student(self, shown):
        return shown.student

    @admin.display(description="説明文書", ordering="document")
    def words(self, shown):
        return shown.document


@admin.register(DeletionCertificate)
class DeletionCertificateAdmin(ConsentRecordAdmin):
    list_display = ("ended_at", "student", "purpose", "ended_by", "n_rows")
    list_filter = ("purpose", "ended_by")
    list_select_related = ("student",)
    fields = ("number", "ended_at", "student", "purpose", "ended_by", "n_rows")
    ordering = ("-ended_at",)

    def get_queryset(self, request):
        total = aggregate_of(DeletionCount.objects.all(), "certificate", Sum("n_rows"))
        return super().get_queryset(request).annotate(n_deleted=total)

    @admin.display(description="消した件数")
    def n_rows(self, certificate):
        return certificate.n_deleted or 0


@admin.register(ExplanationRequest)
class ExplanationRequestAdmin(StaffAdmin):
    """Students who are unsure and asked for an explanation. Only the school is told."""

    view_verb = "consent.explain"
    list_display = ("asked_at", "student", "named_purposes", "talked_at", "talked_by")
    list_select_related = ("student", "talked_by")
    list_filter = (("talked_at", admin.EmptyFieldListFilter),)
    ordering = ("-talked_at", "asked_at")  # who waits first, the longest waiting above
    fields = ("asked_at", "student", "named_purposes", "talked_at", "talked_by")
    readonly_fields = fields
    actions = ("talked",)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .filter(students_where(request.user, self.view_verb, "student__"))
        )

    @admin.display(description="利用目的")
    def named_purposes(self, row):
        return "、".join(purpose_name(purpose) for purpose in row.purposes)

    @admin.action(description="話しました", permissions=["view"])
    def talked(self, request, queryset):
        n_explained = decisions.note_explained(queryset, by=request.user)
        self.message_user(request, f"{n_explained}人と話したことを記録しました。")
