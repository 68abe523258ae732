"""What the city may say about a source."""

from django import forms
from django.conf import settings

from apps.linkage.models import SECRET_PREFIX, DataSource, SourceKind
from apps.people.models import School


class SourceForm(forms.ModelForm):
    """Where a source is. The secret itself never passes through a form."""

    class Meta:
        model = DataSource
        fields = ["school", "kind", "title", "place", "user_name", "secret_name", "is_on"]
        help_texts = {
            "place": (
                "出欠は、attendance_daily….csv を置くフォルダの名前"
                "(列は 管理コード, 日付, 出欠区分。備考は読みません)。"
                "学習記録は、LRS の https:// の番地(/statements の手前まで)。"
            ),
            "secret_name": f"{SECRET_PREFIX} で始まる名前。秘密そのものは書きません。",
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if "school" in self.fields:
            cities = {post.municipality_id for post in user.current_posts if not post.school_id}
            self.fields["school"].queryset = School.objects.filter(municipality__in=cities)

    def clean_secret_name(self):
        name = self.cleaned_data["secret_name"]
        if name and not name.startswith(SECRET_PREFIX):
            raise forms.ValidationError(f"{SECRET_PREFIX} で始まる名前にしてください。")
        return name

    def clean(self):
        data = super().clean()
        kind, place = data.get("kind") or self.instance.kind, data.get("place", "")
        is_web = place.startswith("https://") or place == (settings.LRS_SANDBOX_URL or None)
        if kind == SourceKind.XAPI_LRS and place and not is_web:
            self.add_error("place", "LRS の番地は https:// で始めてください。")
        if kind == SourceKind.SCHOOL_FILES and ".." in place.split("/"):
            self.add_error("place", "フォルダの名前に .. は使えません。")
        return data
