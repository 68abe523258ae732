"""Forms to give, change or end a post."""

from babel.lists import format_list
from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.languages import html_lang
from apps.people import grades
from apps.people.models import (
    CITY_WIDE_ROLES,
    Municipality,
    Role,
    School,
    SchoolClass,
    StaffPost,
    User,
)
from apps.people.normalisation import normalise_mail
from apps.people.permissions import cities_where, schools_where
from apps.people.services.post_duties import duties_of, possible_successors
from apps.people.services.staff_posts import APPOINT_VERB, assignable_roles, why_post_invalid
from apps.staffing.services import appointments

INVITED_BY_MAIL = _("ここに招待を送ります。もう一つの番号は、あなたが電話か口頭で伝えます。")
GRADES = [("", "—"), *grades.GRADE_NAMES.items()]


def _day(label, help_text=""):
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=help_text, error_messages={"invalid": _("日付の書き方を確かめてください。")},
    )  # fmt: skip


class _PersonForm(forms.Form):
    name = forms.CharField(
        label=_("名前(姓 名)"),
        max_length=120,
        error_messages={"required": _("名前を入れてください。")},
    )
    mail = forms.EmailField(
        label=_("仕事のメールアドレス"), max_length=254,
        error_messages={"required": _("メールアドレスを入れてください。"),
                        "invalid": _("メールアドレスの書き方を確かめてください。")},
    )  # fmt: skip


class InitialStaffForm(_PersonForm):
    """Name and address of one of the first two staff members."""


class AppointmentForm(_PersonForm):
    """Who is invited to which post. After ``is_valid`` the unsaved StaffPost is ``post``."""

    role = forms.ChoiceField(
        label=_("立場"), error_messages={"required": _("立場をえらんでください。")}
    )
    school = forms.ModelChoiceField(
        School.objects.none(), label=_("学校"), required=False, empty_label=_("—(市の立場)")
    )
    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(), label=_("学級(担任だけ)"), required=False, empty_label="—"
    )
    grade = forms.ChoiceField(label=_("学年(学年主任だけ)"), required=False, choices=GRADES)
    begins_on = _day(_("はじまり"), _("空なら、登録した日から"))
    ends_on = _day(_("おわり(この日まで)"), _("空なら、年度ごとに続けるかを確かめます"))

    def __init__(self, data=None, *, user):
        super().__init__(data)
        self.fields["mail"].help_text = INVITED_BY_MAIL
        self.user = user
        schools = schools_where(user, APPOINT_VERB).order_by("name")
        labels = [(role.value, role.label) for role in assignable_roles(user)]
        self.fields["role"].choices = [("", "—"), *labels]
        self.fields["school"].queryset = schools
        classes = SchoolClass.objects.current().filter(school__in=schools)
        self.fields["school_class"].queryset = classes.select_related("school")
        if not cities_where(user, APPOINT_VERB):
            self.fields["school"].initial = schools.first()

    def clean_mail(self):
        mail = normalise_mail(self.cleaned_data["mail"])
        if why := appointments.why_not_invited(mail, self.user):
            raise forms.ValidationError(why)
        return mail

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        self.post = StaffPost(
            municipality=self._municipality(data), school=data["school"],
            school_class=data["school_class"], grade=data["grade"], role=data["role"],
            name=data["name"], begins_on=data["begins_on"], ends_on=data["ends_on"],
        )  # fmt: skip
        if self.post.municipality_id is None:
            raise forms.ValidationError(_("学校をえらんでください。"))
        if why := why_post_invalid(self.post):
            raise forms.ValidationError(why)
        return data

    def _municipality(self, data):
        if data["school"] is not None:
            return data["school"].municipality
        if data["role"] not in CITY_WIDE_ROLES:
            return None
        return Municipality.objects.filter(pk__in=cities_where(self.user, APPOINT_VERB)).first()


class ChangePostForm(forms.Form):
    """Other facts of one post. ``changes`` are those that differ, as an act stores them."""

    role = forms.ChoiceField(label=_("立場"))
    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(), label=_("学級(担任だけ)"), required=False, empty_label="—"
    )
    grade = forms.ChoiceField(label=_("学年(学年主任だけ)"), required=False, choices=GRADES)
    begins_on = _day(_("はじまり"))
    ends_on = _day(_("おわり(この日まで)"))

    def __init__(self, data=None, *, post):
        initial = {name: getattr(post, name) for name in appointments.CHANGEABLE}
        super().__init__(data, initial=initial)
        self.post = post
        is_city = post.role in CITY_WIDE_ROLES
        roles = [role for role in Role if (role in CITY_WIDE_ROLES) is is_city]
        self.fields["role"].choices = [(role.value, role.label) for role in roles]
        classes = SchoolClass.objects.current().filter(school=post.school_id)
        self.fields["school_class"].queryset = classes
        if post.source_id:
            for name in ("role", "school_class", "grade"):
                del self.fields[name]

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        after = StaffPost.objects.get(pk=self.post.pk)
        for name in self.fields:
            setattr(after, name, data[name])
        if why := why_post_invalid(after):
            raise forms.ValidationError(why)
        stored = {name: appointments.stored_value(after, name) for name in self.fields}
        self.changes = {
            name: value for name, value in stored.items()
            if value != appointments.stored_value(self.post, name)
        }  # fmt: skip
        if not self.changes:
            raise forms.ValidationError(_("変わったところがありません。"))
        return data


class EndPostForm(forms.Form):
    """Who takes over the person's other duties; nobody: the city decides."""

    def __init__(self, data=None, *, post):
        super().__init__(data)
        duties = duties_of(post.user_id, post.school_id)
        if not duties:
            return
        successors = possible_successors(post.user_id, post.school_id)
        able = User.objects.filter(pk__in=successors).order_by("email")
        names = [(str(user.pk), str(next(iter(user.current_posts), user))) for user in able]
        self.fields["successor"] = forms.ChoiceField(
            label=_("受け持ちを引きつぐ人"), required=False,
            choices=[("", _("いまは決めない(市の担当者が決める)")), *names],
            help_text=_("この人は、%(duties)sです。") % {"duties": format_list([duty.words for duty in duties], locale=html_lang())},
        )  # fmt: skip


class VoiceCodeForm(forms.Form):
    """The code that the inviting person read out."""

    code = forms.CharField(
        label=_("声で聞いた番号"), max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("招待した人から声で聞いた番号を入れてください。")},
    )  # fmt: skip
