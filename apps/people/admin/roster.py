"""Admin pages of the roster, read only: the school's own system is its source."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse

from apps.core.clock import today
from apps.core.school_years import school_year_of
from apps.core.subqueries import aggregate_of
from apps.people import grades
from apps.people.admin.caller_checks import CallerChecksMixin
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import ReadOnlyAdmin, StaffAdmin
from apps.people.models import (
    Guardian,
    Guardianship,
    Municipality,
    Role,
    School,
    SchoolBreak,
    SchoolClass,
    Student,
)
from apps.people.permissions import (
    emergency_student_ids,
    may,
    municipalities_where,
    posts_with,
    schools_where,
    students_visible_to,
    visible_guardianships,
)
from apps.people.services import caller_checks, long_breaks, neutral_pages, school_calendar
from apps.people.services.person_accounts import children_of_person


class RosterAdmin(ReadOnlyAdmin):
    view_verb = "roster.view"


class GradeFilter(admin.SimpleListFilter):
    """Filters by grade, in words."""

    title, parameter_name = "学年", "grade"

    def lookups(self, request, model_admin):
        return list(grades.GRADE_NAMES.items())

    def queryset(self, request, queryset):
        return queryset.filter(grade=self.value()) if self.value() else queryset


class SchoolYearFilter(admin.SimpleListFilter):
    """Filters by one of the last school years."""

    title, parameter_name = "年度", "school_year"

    def lookups(self, request, model_admin):
        this = school_year_of(today())
        return [(str(year), f"{year}年度") for year in range(this + 1, this - 4, -1)]

    def queryset(self, request, queryset):
        known = {value for value, _ in self.lookup_choices}
        return queryset.filter(school_year=self.value()) if self.value() in known else queryset


@admin.register(Municipality)
class MunicipalityAdmin(StaffAdmin):
    is_small = True
    view_verb, edit_verb = "roster.view", "municipality.edit"
    list_display = ["name", "code"]
    fields = ["name", "code", "neutral_page"]
    readonly_fields = ["name", "code"]

    def has_add_permission(self, request):
        return False

    def save_model(self, request, obj, form, change):
        neutral_pages.choose_neutral_page(obj, obj.neutral_page, by=request.user)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .filter(pk__in=municipalities_where(request.user, self.view_verb))
        )


@admin.register(School)
class SchoolAdmin(RosterAdmin):
    is_small = True
    list_display = fields = ["name", "code"]
    change_form_template = "admin/people/school.html"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        school = self.get_object(request, object_id)
        more = {"may_letters": school and may(request.user, "letters.print", school)}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def get_queryset(self, request):
        reached = Q(pk__in=schools_where(request.user, self.view_verb).values("pk"))
        students = Student.objects.filter(pk__in=emergency_student_ids(request.user))
        in_emergency = Q(pk__in=students.values("school"))
        return super().get_queryset(request).filter(reached | in_emergency)


@admin.register(SchoolClass)
class SchoolClassAdmin(RosterAdmin):
    is_small = True
    list_display = ["title", "grade_name", "school", "school_year", "n_students"]
    list_filter = [GradeFilter, SchoolYearFilter]
    fields = ["title", "grade_name", "school", "school_year", "special_needs", "gone_at"]
    change_form_template = "admin/people/school_class.html"

    def get_queryset(self, request):
        students = Student.objects.filter(students_visible_to(request.user))
        enrolled = aggregate_of(Student.objects.enrolled(), "home_class", Count("pk"))
        found = (
            super().get_queryset(request).filter(Exists(students.filter(home_class=OuterRef("pk"))))
        )
        return found.select_related("school").annotate(n_enrolled=enrolled)

    @admin.display(description="学年", ordering="grade")
    def grade_name(self, obj):
        return grades.GRADE_NAMES.get(obj.grade, obj.grade)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        of_class = self.get_object(request, object_id)
        more = {
            "may_cards": of_class and may(request.user, "cards.print", of_class),
            "may_letters": of_class and may(request.user, "letters.print", of_class),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @admin.display(description="生徒")
    def n_students(self, obj):
        return obj.n_enrolled or 0


class GuardianshipInline(admin.TabularInline):
    model = Guardianship
    fields = ["guardian", "began_at", "ended_at"]
    extra = 0

    def get_queryset(self, request):
        visible = visible_guardianships(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=visible)

    def has_view_permission(self, request, obj=None):
        """Not on the page of the reader's own child: an empty list would say that nobody is one."""
        return obj is None or obj.pk not in children_of_person(request.user)

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Student)
class StudentAdmin(CallerChecksMixin, RosterAdmin):
    list_display = ["name", "home_class", "attendance_number", "kana", "left_at"]
    list_filter = [GradeFilter, ("left_at", admin.EmptyFieldListFilter)]
    search_fields = ["family_name", "given_name", "family_kana", "given_kana", "local_code"]
    list_select_related = ["home_class", "school"]
    fields = [
        "family_name", "given_name", "family_kana", "given_kana", "school", "grade_name", "home_class",
        "attendance_number", "local_code", "left_at",
    ]  # fmt: skip
    inlines = [GuardianshipInline]
    change_form_template = "admin/people/student.html"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        student = self.get_object(request, object_id)
        more = {
            "may_keep_out": student and may(request.user, "guardians.keep_out", student),
            "may_check_caller": student
            and student.left_at is None
            and may(request.user, caller_checks.VERB, student)
            and student.pk not in children_of_person(request.user),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @admin.display(description="名前")
    def name(self, student):
        return student.full_name

    def get_queryset(self, request):
        return super().get_queryset(request).filter(students_visible_to(request.user))

    def get_ordering(self, request):
        """A class by number; more than a class by name, which has an index."""
        roles = {post.role for post in posts_with(request.user, self.view_verb)}
        if roles == {Role.HOMEROOM}:
            return ["home_class__title", "attendance_number", "family_kana", "pk"]
        return ["family_kana", "given_kana", "pk"]

    @admin.display(description="学年")
    def grade_name(self, student):
        return grades.GRADE_NAMES.get(student.grade, student.grade)

    @admin.display(description="フリガナ")
    def kana(self, obj):
        return f"{obj.family_kana} {obj.given_kana}"


@admin.register(Guardian)
class GuardianAdmin(RosterAdmin):
    list_display = ["__str__", "children", "has_account"]
    search_fields = ["family_name", "given_name", "family_kana", "given_kana"]
    ordering = ["family_kana", "given_kana", "pk"]
    fields = ["family_name", "given_name", "family_kana", "given_kana", "language", "left_at"]

    def get_queryset(self, request):
        visible = visible_guardianships(request.user).named()
        found = super().get_queryset(request).filter(pk__in=visible.values("guardian"))
        shown = Prefetch("guardianships", visible.select_related("student"), to_attr="shown_here")
        return found.prefetch_related(shown)

    @admin.display(description="生徒")
    def children(self, obj):
        """Only those whom the reader may see: a sibling at another school is not named."""
        return "・".join(link.student.full_name for link in obj.shown_here)

    @admin.display(description="登録ずみ", boolean=True)
    def has_account(self, obj):
        return obj.user_id is not None


@admin.register(SchoolBreak)
class SchoolBreakAdmin(ProposalAdmin, StaffAdmin):
    """A school's own days off: no check-in prompts, and no helpline duty."""

    view_verb, edit_verb = "calendar.view", "calendar.edit"
    is_small = True
    list_display = ["title", "school", "begins_on", "ends_on"]
    list_select_related = ["school"]
    fields = ["school", "title", "begins_on", "ends_on"]

    def get_queryset(self, request):
        visible = schools_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(school__in=visible)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "school":
            kwargs["queryset"] = schools_where(request.user, self.edit_verb)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return may(request.user, self.edit_verb, obj)

    def save_model(self, request, obj, form, change):
        if not self._is_long(request, obj, form, change):
            school_calendar.save_break(obj, by=request.user, fields=form.changed_data)

    def _is_long(self, request, obj, form, change):
        """Whether a second person has to confirm; remembered for the response."""
        if change:
            return self.is_proposal(request, obj, form, change)
        changes = {name: self.stored_value(obj, name) for name in self.fields}
        if not self.effects_of(SchoolBreak(pk=obj.pk), changes).kind:
            return False
        request.proposal = self.proposal_url(obj, changes, {})
        return True

    def proposed_row(self, request, pk, changes):
        """The stored break, or the one that is to be added."""
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is not None:
            return row
        visible = schools_where(request.user, self.edit_verb)
        school = get_object_or_404(visible, pk=changes.get("school"))
        return long_breaks.changed_break(SchoolBreak(pk=pk, school=school), changes)

    def back_url(self, row):
        name = "add" if row._state.adding else "change"
        args = [] if row._state.adding else [row.pk]
        return reverse(f"admin:people_schoolbreak_{name}", args=args)

    def effects_of(self, row, changes):
        return long_breaks.effects_of_break(row, changes)

    def propose(self, row, changes, *, by, reason):
        return long_breaks.propose_break(row, changes, by=by, reason=reason)

    def delete_model(self, request, obj):
        school_calendar.delete_break(obj, by=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            if not self.has_delete_permission(request, row):
                raise PermissionDenied("この学校の休みを決める立場ではありません。")
            school_calendar.delete_break(row, by=request.user)
