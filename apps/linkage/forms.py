"""Staff forms of sources, file mappings and uploads."""

from django import forms
from django.conf import settings

from apps.core.forms import LinesField
from apps.core.http_client import is_allowed_url
from apps.core.upload_fields import UploadField
from apps.linkage.connectors.school_files import FILE_FORMATS
from apps.linkage.connectors.school_files.file_mapping import SEAT_COLUMNS
from apps.linkage.models import DataSource, FileMapping, SourceKind, secret_prefix_of
from apps.linkage.services.column_mappings import to_column_mapping
from apps.linkage.services.source_secrets import is_own_secret_name
from apps.linkage.source_folders import is_outside_folder
from apps.people.models import Municipality, School
from apps.people.permissions import cities_where

MAX_UPLOAD_BYTES = 200_000_000  # a school's year is a fifth of it; the preview reads all of it
WEB_SOURCE_KINDS = {SourceKind.XAPI_LRS, SourceKind.ONEROSTER}
HTTPS_REQUIRED = "番地は https:// で書いてください。"
SERVER_NOT_ALLOWED = "使えるのは、運用者が登録した相手先だけです(庁内や校内の番地も)。"
SOURCE_EXISTS = "同じ種類で同じ場所の連携元が、もうあります。"


class SourceForm(forms.ModelForm):
    """Location and credentials of a source. A secret can be set but is never shown again."""

    secret = forms.CharField(
        label="接続の秘密", required=False, max_length=500, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="書くと、封をして保存します。空のままなら変わりません。場所を変えたときは、もう一度書いてください。",
    )  # fmt: skip
    forget_secret = forms.BooleanField(label="保存した秘密を消す", required=False)

    class Meta:
        model = DataSource
        fields = [
            "school", "kind", "title", "place", "token_url", "user_name", "secret",
            "forget_secret", "secret_in_form", "secret_name", "every_minutes", "late_after_hours",
            "keeps_others", "is_on",
        ]  # fmt: skip
        help_texts = {
            "place": (
                "学校のファイルは、自治体の置き場の下のフォルダの名前(読むファイル: "
                + "、".join(kind.pattern for kind in FILE_FORMATS.values())
                + ")。LRS と名簿は https:// の番地。庁内や校内の番地は、運用者が登録したものだけ。"
            ),
            "token_url": "名簿(OneRoster)のときだけ。OAuth2 client credentials のトークンの番地。",
            "secret_in_form": "サーバーが Basic を受けつけないときだけ。",
            "secret_name": "秘密を環境変数で渡すときの名前。",
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        mine = cities_where(user, "linkage.edit")
        self.cities = list(Municipality.objects.filter(pk__in=mine).order_by("code"))
        if "school" in self.fields:
            mine = School.objects.filter(municipality__in=self.cities)
            self.fields["school"].queryset = mine
        if "kind" in self.fields:  # マイナポータル is read by a guardian, never on a schedule
            kinds = [pair for pair in SourceKind.choices if pair[0] != SourceKind.SELF_INFO]
            self.fields["kind"].choices = [("", "---------"), *kinds]
        if not self.instance.municipality_id and self.cities:
            self.instance.municipality = self.cities[0]

    def clean_late_after_hours(self):
        hours = self.cleaned_data["late_after_hours"]
        if not 1 <= hours <= 24 * 60:
            raise forms.ValidationError("1から1440までの時間にしてください。")
        return hours

    def clean(self):
        data = super().clean()
        kind, place = data.get("kind") or self.instance.kind, data.get("place", "")
        if kind in WEB_SOURCE_KINDS and place and not _is_web(place):
            self.add_error("place", f"{HTTPS_REQUIRED}{SERVER_NOT_ALLOWED}")
        if kind == SourceKind.SCHOOL_FILES and is_outside_folder(place):
            self.add_error("place", "フォルダの名前に使えない書き方です(/ や . で始めない)。")
        if kind == SourceKind.ONEROSTER and not _is_web(data.get("token_url", "")):
            self.add_error("token_url", f"トークンの{HTTPS_REQUIRED}{SERVER_NOT_ALLOWED}")
        self._check_secret_name(data.get("secret_name"), data.get("school"))
        if data.get("secret") and data.get("forget_secret"):
            self.add_error("forget_secret", "秘密を書くか消すか、どちらかにしてください。")
        if self._clashes(data, kind, place):
            self.add_error("place", SOURCE_EXISTS)
        return data

    def new_secret(self):
        """What to do with the secret: text to seal, "" to delete it, None to keep it."""
        if self.cleaned_data["forget_secret"]:
            return ""
        return self.cleaned_data["secret"] or None

    def _check_secret_name(self, name, school):
        """Raises ValidationError for the name of another municipality's secret."""
        school = school or self.instance.school
        city = school.municipality if school else self.instance.municipality
        if name and not is_own_secret_name(name, city):
            prefix = secret_prefix_of(city)
            self.add_error("secret_name", f"{prefix} で始まる名前にしてください。")

    def _clashes(self, data, kind, place):
        school = data.get("school") or self.instance.school
        city = school.municipality_id if school else self.instance.municipality_id
        same = DataSource.objects.filter(municipality=city, school=school, kind=kind, place=place)
        return same.exclude(pk=self.instance.pk).exists()


def _is_web(place):
    return place == (settings.LRS_SANDBOX_URL or None) or is_allowed_url(place)


class SchoolFileUploadForm(forms.Form):
    """A file that somebody uploads."""

    file = UploadField(
        label="ファイル(CSV)", endings=("csv",), most_bytes=MAX_UPLOAD_BYTES,
        error_messages={"required": "ファイルを選んでください。", "empty": "ファイルが空です。"},
    )  # fmt: skip


class FileMappingForm(forms.ModelForm):
    """One kind's headers, a field a column; its codes, a line each: 書き方 = 意味.

    ``sample`` is a real file to try it on; it is not stored.
    """

    sample = UploadField(
        label="ためすファイル", required=False, help_text="はじめの行だけを読み、残しません。",
        endings=("csv",), most_bytes=MAX_UPLOAD_BYTES,
    )  # fmt: skip

    class Meta:
        model = FileMapping
        fields = ["layout", "by_seat"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kind = FILE_FORMATS[self.instance.kind]
        self.columns = kind.columns
        for column in kind.columns:
            self.fields[f"header-{column.name}"] = forms.CharField(
                label=f"「{column.name}」の見出し" + ("" if column.required else "(なくてもよい)"),
                max_length=60, required=True,
                initial=self.instance.headers.get(column.name, column.name),
                error_messages={"required": "見出しを書いてください。"},
            )  # fmt: skip
            if column.codes is not None:
                self.fields[f"codes-{column.name}"] = LinesField(
                    label=f"「{column.name}」の書き方", required=False, max_length=4000,
                    widget=forms.Textarea(attrs={"rows": 6, "cols": 40}),
                    initial=_as_lines(self.instance.codes.get(column.name, {})),
                    help_text=_known_codes(column),
                )  # fmt: skip
        for name in SEAT_COLUMNS:
            self.fields[f"header-{name}"] = forms.CharField(
                label=f"「{name}」の見出し(学年・組・番号で書いてあるとき)", max_length=60,
                required=False, initial=self.instance.headers.get(name, name),
            )  # fmt: skip
        self.fields["sample"] = self.fields.pop("sample")

    def clean(self):
        data = super().clean()
        names = [column.name for column in self.columns] + list(SEAT_COLUMNS)
        headers = {name: (data.get(f"header-{name}") or name).strip() for name in names}
        codes = {c.name: self._codes(c, data) for c in self.columns if c.codes is not None}
        self.instance.headers = {ours: theirs for ours, theirs in headers.items() if theirs != ours}
        self.instance.codes = {name: found for name, found in codes.items() if found}
        self.instance.layout = data.get("layout") or self.instance.layout
        self.instance.by_seat = data.get("by_seat", False)
        if not self.errors:
            for fault in self.mapping().faults():
                self.add_error(None, fault)
        return data

    def mapping(self):
        """The typed mapping as a ColumnMapping."""
        return to_column_mapping(self.instance)

    def _codes(self, column, data):
        found = {}
        for line in data.get(f"codes-{column.name}", "").splitlines():
            theirs, equals, ours = (part.strip() for part in line.partition("="))
            if not line.strip():
                continue
            if not equals or not theirs or not ours:
                self.add_error(
                    f"codes-{column.name}",
                    f"「{line.strip()[:40]}」は「書き方 = 意味」の形ではありません。",
                )
            found[theirs] = ours
        return found


def _as_lines(codes):
    return "\n".join(f"{theirs} = {ours}" for theirs, ours in codes.items())


def _known_codes(column):
    examples = "、".join(f"{theirs} = {ours}" for theirs, ours in column.codes.items())
    return f"1行に1つ「書き方 = 意味」。はじめから読めるもの: {examples}"
