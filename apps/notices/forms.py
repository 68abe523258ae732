"""What staff write in a notice."""

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils import timezone

from apps.notices.models import Notice, SupportOrganisation

GRADES = {f"{kind}{n}" for kind, last in (("P", 6), ("J", 3), ("H", 3)) for n in range(1, last + 1)}


class LocalDateTime(forms.DateTimeField):
    """A moment in Japan, in the browser's own picker; one control with one label."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class NoticeForm(forms.ModelForm):
    grades = SimpleArrayField(
        forms.CharField(max_length=3),
        label="学年(空なら全部)",
        required=False,
        help_text="中学1年と2年なら J1,J2",
    )
    publish_at = LocalDateTime(label="出す時", initial=timezone.now)
    expires_at = LocalDateTime(label="おわる時", required=False)
    organisations = forms.ModelMultipleChoiceField(
        SupportOrganisation.objects.published(),
        label="窓口",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Notice
        fields = [
            "title", "body", "organisations", "schools", "grades", "for_guardians", "publish_at",
            "expires_at",
        ]  # fmt: skip
        widgets = {"schools": forms.CheckboxSelectMultiple}
        help_texts = {
            "title": "ふりがなは ｜今日《きょう》 の形で書きます",
            "body": "Markdown。ふりがなは ｜今日《きょう》 の形で書きます",
        }

    def clean_grades(self):
        grades = [grade.strip() for grade in self.cleaned_data["grades"] or [] if grade.strip()]
        if set(grades) - GRADES:
            raise forms.ValidationError(
                "学年は J1 のように、P1–P6・J1–J3・H1–H3 で書いてください。"
            )
        return grades

    def clean(self):
        cleaned = super().clean()
        begins, ends = cleaned.get("publish_at"), cleaned.get("expires_at")
        if begins and ends and ends <= begins:
            self.add_error("expires_at", "おわる時は、出す時より後にしてください。")
        return cleaned
