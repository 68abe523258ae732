"""What staff may type about the bells."""

from django import forms

from apps.people.models import Role, School
from apps.people.permissions import municipality_ids
from apps.push.models import QuietHours


class QuietHoursForm(forms.ModelForm):
    """When the bells of a school rest; the city may leave the school open: all of its schools."""

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
        posts = self.user.current_posts
        self.is_city = any(post.role == Role.CITY for post in posts)
        schools = School.objects.filter(municipality__in=municipality_ids(self.user))
        if not self.is_city:
            schools = schools.filter(pk__in={post.school_id for post in posts})
        self.fields["school"].queryset = schools
        self.fields["school"].required = not self.is_city
        if self.instance.municipality_id is None:
            self.instance.municipality_id = next(iter(municipality_ids(self.user)), None)

    def clean_school(self):
        """A school's hours belong to its municipality."""
        school = self.cleaned_data["school"]
        if school is not None:
            self.instance.municipality_id = school.municipality_id
        return school

    def clean(self):
        """One row a place; the municipality is not typed, so Django would not look."""
        cleaned = super().clean()
        same = QuietHours.objects.filter(
            municipality=self.instance.municipality_id, school=cleaned.get("school")
        )
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(
                "ここの時間は、もう決めてあります。一覧から変えてください。"
            )
        return cleaned
