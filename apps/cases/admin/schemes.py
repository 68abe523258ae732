"""Admin pages of the schemes: the city writes them, the school reads them."""

from django import forms
from django.contrib import admin

from apps.cases.models import Scheme, SchemeHint
from apps.cases.services import schemes
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Municipality
from apps.people.permissions import municipalities_where


class SchemeForm(forms.ModelForm):
    """The city's own words about a scheme."""

    hints = forms.MultipleChoiceField(
        label="すすめるとき",
        choices=SchemeHint.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="すべてにあてはまり、まだ受けていない家庭のケースで、読める立場の人にだけ出ます。",
    )

    class Meta:
        model = Scheme
        fields = [
            "municipality",
            "name",
            "what",
            "for_whom",
            "where_to_apply",
            "hints",
            "allowance",
            "is_draft",
        ]


@admin.register(Scheme)
class SchemeAdmin(StaffAdmin):
    view_verb, edit_verb = schemes.VIEW_VERB, schemes.EDIT_VERB
    form = SchemeForm
    list_display = ["name", "for_whom", "where_to_apply", "is_draft"]
    list_filter = ["is_draft"]
    is_small = True

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def get_fields(self, request, obj=None):
        """The municipality is asked for a new scheme where one person has posts in several."""
        names = super().get_fields(request, obj)
        asks = obj is None and len(municipalities_where(request.user, self.edit_verb)) > 1
        return names if asks else [name for name in names if name != "municipality"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        own = municipalities_where(request.user, self.edit_verb)
        kwargs["queryset"] = Municipality.objects.filter(pk__in=own).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change and "municipality" not in form.cleaned_data:
            (obj.municipality_id,) = municipalities_where(request.user, self.edit_verb)
        schemes.save_scheme(obj, by=request.user, fields=form.changed_data)
