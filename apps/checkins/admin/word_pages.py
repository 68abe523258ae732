"""The short word to a student on the page of one check-in."""

import uuid

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.checkins.services import staff_words
from apps.checkins.services.staff_words import WORDS_LIMIT, CannotSendWord
from apps.checkins.staff_word_models import StaffWord
from apps.core.reason_grants import granted_reason
from apps.people.admin_bases.pages import page
from apps.vault.words import content_words

TOO_OLD = "画面が古くなりました。もう一度開いてください。"
SENT = "ひとことを送りました。生徒は、暗証番号を入れてから読みます。"


class WordForm(forms.Form):
    """What the student reads; ``form_key`` makes a double submit one."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput, initial=uuid.uuid4,
        error_messages={"required": TOO_OLD, "invalid": TOO_OLD},
    )  # fmt: skip
    word = forms.CharField(
        label="ひとこと", max_length=WORDS_LIMIT, initial="読んだよ。",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=f"{WORDS_LIMIT}字まで。やさしい言葉で書きます。答えの中身は書きうつしません。",
        error_messages={
            "required": "ひとことを書いてください。",
            "max_length": f"{WORDS_LIMIT}字までで書いてください。",
        },
    )  # fmt: skip


class WordPages:
    """For the admin of check-ins: send a word, and take it back."""

    @page("<uuid:pk>/word/", "checkins_send_word", require_POST)
    def word_page(self, request, pk):
        """Send it, while the check-in stands open."""
        row = self._check_in(request, pk)
        reason, form = granted_reason(request, f"check-in {row.pk}"), WordForm(request.POST)
        if reason is None:
            return self.closed_page(request, row, request.POST.get("word", ""))
        if form.is_valid():
            told = form.cleaned_data
            try:
                staff_words.send_word(
                    row, actor=request.user, words=told["word"], form_key=told["form_key"]
                )
                messages.success(request, SENT)
                return redirect("admin:checkins_open", row.pk)
            except CannotSendWord as error:
                form.add_error("word", str(error))
        return self.opened_page(request, row, reason, form)

    @page("<uuid:pk>/word/retract/", "checkins_retract_word", require_POST)
    def retract_page(self, request, pk):
        """Take the own word back, unless the student has read it."""
        row = self._check_in(request, pk)
        own = StaffWord.objects.sent().filter(check_in_id=row.pk, written_by=request.user).first()
        try:
            if own is not None:
                staff_words.retract_word(own, actor=request.user)
            messages.success(request, "ひとことを取り消しました。")
        except CannotSendWord as error:
            messages.error(request, str(error))
        return redirect("admin:checkins_open", row.pk)

    def word_context(self, request, row, reason, form=None):
        """The own word on an opened check-in, or the form for one."""
        if not staff_words.may_send(row, request.user):
            return {}
        own = staff_words.own_word(row, actor=request.user, reason=reason)
        if own is not None:
            return {"own_word": own[0], "own_words": content_words(own[1]), "refused": form}
        return {"word_form": form or WordForm()}

    def _check_in(self, request, pk):
        rows = self.get_queryset(request).select_related("student")
        return get_object_or_404(rows, pk=pk)
