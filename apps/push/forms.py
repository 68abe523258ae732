"""Staff forms of push messages."""

from django import forms

from apps.people.permissions import cities_where, schools_where
from apps.push.models import QuietHours


class QuietHoursForm(forms.ModelForm):
    """Quiet hours of a school; the city may leave the school empty for all of its schools."""

    user = None

    class Meta:
        model = QuietHours
        fields = ["school", "begins", "ends"]
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            for name in ("begins", "ends")
        }
        help_texts = {
            "school": "えらばないと、市のすべての学校の時間になります(学校の時間が先です)。",
            "ends": "はじめと同じにすると、いつでも鳴ります。緊急の通知は、いつでも鳴ります。",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        cities = cities_where(self.user, "push.quiet")
        self.is_city = bool(cities)
        self.fields["school"].queryset = schools_where(self.user, "push.quiet")
        self.fields["school"].required = not self.is_city
        if self.instance.municipality_id is None:
            self.instance.municipality_id = min(cities, default=None)

    def clean_school(self):
        """A school's hours belong to its municipality."""
        school = self.cleaned_data["school"]
        if school is not None:
            self.instance.municipality_id = school.municipality_id
        return school

    def clean(self):
        """One row a school; the municipality is not in the form, so Django would not check it."""
        cleaned = super().clean()
        same = QuietHours.objects.filter(
            municipality=self.instance.municipality_id, school=cleaned.get("school")
        )
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(
                "ここの時間は、もう決めてあります。一覧から変えてください。"
            )
        return cleaned
