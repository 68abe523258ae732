"""Forms of notices and of the directory, for staff, and the public search form."""

from django import forms

from apps.core import clock
from apps.core.text import has_invisible
from apps.notices import notice_body, ruby_checks, text_search
from apps.notices.hours_text import ALLOWED_YEARS
from apps.notices.models import HoursException, Notice, SupportNeed, SupportOrganisation
from apps.notices.services import organisations as notices_organisations
from apps.notices.services import publication_rules
from apps.people import grades
from apps.people.models import School, Student
from apps.people.permissions import cities_where, municipalities_where, schools_where

RUBY_HELP = "ふりがなは ｜今日《きょう》 の形で書きます。"
URGENT_HELP = "夜の静かな時間にも鳴らします。命や安全に関わるときだけ。"


class OrganisationSearchForm(forms.Form):
    """The search form (GET): invalid values are ignored."""

    q = forms.CharField(required=False, max_length=60)
    need = forms.ChoiceField(choices=SupportNeed.choices, required=False)
    now = forms.BooleanField(required=False)

    def filters(self):
        """The arguments of find_organisations."""
        self.is_valid()
        found = self.cleaned_data
        return {
            "query": found.get("q", ""),
            "need": found.get("need", ""),
            "now_only": found.get("now", False),
        }

    @property
    def is_narrowed(self):
        return any(self.filters().values())


class LocalDateTimeField(forms.DateTimeField):
    """A time in Japan, in the browser's own picker; one control with one label."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class OrganisationsField(forms.ModelMultipleChoiceField):
    """Organisations, labelled by their names without ruby."""

    def label_from_instance(self, one):
        return ruby_checks.RUBY.sub(r"\1", one.name)


class NoticeForm(forms.ModelForm):
    """A draft. The audience is all students of the chosen schools and grades; nothing else can be
    chosen.
    """

    user = None  # set by the admin: the choices depend on who writes

    schools = forms.ModelMultipleChoiceField(
        School.objects.none(), label="学校", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="一つも選ばなければ、市の学校すべて(市の担当者だけ)。",
    )  # fmt: skip
    grades = forms.MultipleChoiceField(
        label="学年", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="一つも選ばなければ、すべての学年。",
    )  # fmt: skip
    publish_at = LocalDateTimeField(
        label="出す時", initial=clock.now, help_text="先の時刻なら、その時に自動で出ます。"
    )
    expires_at = LocalDateTimeField(label="おわる時", required=False)
    organisations = OrganisationsField(
        SupportOrganisation.objects.none(),
        label="窓口",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="公開中で、180日以内に確かめたものだけを選べます。",
    )

    class Meta:
        model = Notice
        fields = [
            "title", "body", "change_note", "organisations", "schools", "grades",
            "for_guardians", "is_urgent", "publish_at", "expires_at",
        ]  # fmt: skip
        help_texts = {
            "title": RUBY_HELP,
            "body": f"Markdown(見出し・太字・箇条書き・リンク)。HTMLは使えません。{RUBY_HELP}",
            "is_urgent": URGENT_HELP,
            "change_note": "まえのお知らせを読んだ人に見せる言葉。" + RUBY_HELP,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own_municipalities = municipalities_where(self.user, "notices.edit")
        self._choose_audience(own_municipalities)
        if "organisations" in self.fields:
            usable = SupportOrganisation.objects.published().filter(is_emergency=False)
            usable = usable.filter(municipality=None) | usable.filter(
                municipality__in=own_municipalities
            )
            self.fields["organisations"].queryset = usable.exclude(
                pk__in=SupportOrganisation.objects.stale()
            )

    def _choose_audience(self, own_municipalities):
        """Set the choices of the audience; a correction goes to the audience of the earlier notice."""
        if self.instance.corrects_id is not None:
            for name in ("schools", "grades", "for_guardians", "publish_at"):
                self.fields.pop(name, None)
            return
        self.fields.pop("change_note", None)
        if "schools" in self.fields:
            self.fields["schools"].queryset = schools_where(self.user, "notices.edit").filter(
                municipality__in=own_municipalities
            )
            students = (
                Student.objects.enrolled().filter(municipality__in=own_municipalities).order_by()
            )
            known = set(students.values_list("grade", flat=True)) | set(self.instance.grades or [])
            self.fields["grades"].choices = [
                (code, name) for code, name in grades.GRADE_NAMES.items() if code in known
            ]

    def clean_schools(self):
        schools = self.cleaned_data["schools"]
        if len({school.municipality_id for school in schools}) > 1:
            raise forms.ValidationError("一つのお知らせは、一つの自治体の学校だけに出せます。")
        if not schools and not cities_where(self.user, "notices.edit"):
            raise forms.ValidationError("学校の職員は、自分の学校を選んでください。")
        return schools

    def municipality_id(self):
        """The municipality of a new notice: that of its schools, else the writer's."""
        schools = self.cleaned_data.get("schools") or ()
        found = {school.municipality_id for school in schools}
        return min(found or cities_where(self.user, "notices.edit"))

    def _check_bound(self, cleaned):
        """Schools and organisations are those of the notice's own municipality."""
        if "schools" in self.errors or "organisations" in self.errors:
            return
        city = self.instance.municipality_id or self.municipality_id()
        for name in ("schools", "organisations"):
            chosen = {"schools": (), "organisations": (), name: cleaned.get(name) or ()}
            if why := publication_rules.why_not_bound(city, **chosen):
                self.add_error(name, why)

    def clean(self):
        cleaned = super().clean()
        self._check_bound(cleaned)
        begins = cleaned.get("publish_at") or self.instance.publish_at
        ends = cleaned.get("expires_at")
        if ends and ends <= begins:
            self.add_error("expires_at", "おわる時は、出す時より後にしてください。")
        for name in ("title", "body", "change_note"):
            if ruby_checks.broken_ruby(cleaned.get(name, "")):
                self.add_error(
                    name, "ふりがなの印(｜《》)が そろっていません。｜今日《きょう》 の形で。"
                )
        for sentence in notice_body.phone_problems(cleaned.get("body", "")):
            self.add_error("body", sentence)
        return cleaned


class SecureURLField(forms.URLField):
    """A URL field; a URL without a scheme gets https."""

    def __init__(self, **kwargs):
        super().__init__(**{"assume_scheme": "https", **kwargs})


class OrganisationForm(forms.ModelForm):
    """An organisation: texts with ruby, contacts, hours."""

    needs = forms.MultipleChoiceField(
        label="どんな ことに", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(need.value, ruby_checks.RUBY.sub(r"\1", need.label)) for need in SupportNeed],
    )  # fmt: skip

    class Meta:
        model = SupportOrganisation
        fields = [
            "name", "mark", "summary", "needs", "helps_with", "for_whom", "phone", "chat_url",
            "line_url", "web_url", "place", "address", "is_always_open", "rests_on_holidays",
            "hours_note", "cost", "is_anonymous", "languages", "first_talk", "order",
        ]  # fmt: skip
        field_classes = dict.fromkeys(("chat_url", "line_url", "web_url"), SecureURLField)
        help_texts = {
            "name": RUBY_HELP,
            "phone": "0761-00-0000 のように、市外局番から。いくつか あれば 、で 区切ります。内線12 も 書けます。",
            "first_talk": "電話したら どうなるか。一行に 一つずつ、窓口に 聞いた とおりに。",
            "address": "地図を 開くための 住所。ふりがなは いりません。",
            "is_anonymous": "窓口が そう 言って いる ときだけ。",
        }

    municipality_id = None  # set by the admin: the municipality of the directory

    def clean_name(self):
        name = self.cleaned_data["name"]
        if has_invisible(name):
            raise forms.ValidationError("見えない文字が入っています。打ちなおしてください。")
        twin = notices_organisations.organisations_by_name(self.municipality_id).get(
            text_search.name_key(name)
        )
        if "name" in self.changed_data and twin is not None and twin.pk != self.instance.pk:
            where = "この自治体" if twin.municipality_id else "全国"
            raise forms.ValidationError(f"「{twin}」は、{where}の窓口にもうあります。")
        return name

    @staticmethod
    def weekday_field():
        """A field for the weekday as a word, not a number."""
        return forms.TypedChoiceField(
            label="曜日", choices=list(enumerate("月火水木金土日")), coerce=int
        )


class VerifyForm(forms.Form):
    """Confirms that everything was checked against the source again."""

    source_url = forms.CharField(
        label="なにを見て確かめたか",
        max_length=300,
        help_text="公式のページのアドレスか、「電話で確認(窓口の名前)」など。",
    )
    is_checked = forms.BooleanField(
        label="電話・時間・場所・リンクを、一つずつ もとの情報と 見くらべました。"
    )


class WithdrawForm(forms.Form):
    """The reason why a notice is withdrawn, for people who have read it."""

    words = forms.CharField(
        label="読んだ人に見せる言葉",
        max_length=200,
        required=False,
        help_text=f"例: 日にちが ちがって いました。{RUBY_HELP}",
    )


class HoursExceptionForm(forms.ModelForm):
    """Days with other hours, within the years that a file may name too."""

    class Meta:
        model = HoursException
        fields = ("begins_on", "ends_on", "every_year", "opens_at", "closes_at", "note")

    def clean_begins_on(self):
        return self._of_our_years("begins_on")

    def clean_ends_on(self):
        return self._of_our_years("ends_on")

    def _of_our_years(self, name):
        day = self.cleaned_data[name]
        if day.year not in ALLOWED_YEARS:
            raise forms.ValidationError(
                f"年を確かめてください({ALLOWED_YEARS[0]}年から{ALLOWED_YEARS[-1]}年まで)。"
            )
        return day
