"""Admin pages of file mappings: how a city's files name columns and codes, tried on a real file."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render

from apps.core import edit_conflicts
from apps.file_jobs.models import JobKind
from apps.file_jobs.services import jobs
from apps.linkage.forms import FileMappingForm
from apps.linkage.models import FileKind
from apps.linkage.services import file_handlers, file_mappings
from apps.people.admin_bases.edit_conflicts import describe_last_change
from apps.people.permissions import cities_where


def file_mappings_page(request):
    """All kinds of files, and how each differs from the declared format."""
    context = {
        **admin.site.each_context(request),
        "title": "ファイルの読みかた",
        "kinds": file_mappings.describe_file_mappings(_city(request)),
    }
    return render(request, "admin/linkage/file_mappings.html", context)


def file_mapping_page(request, kind):
    """One kind's headers and codes: try them on a file, then save them."""
    city = _city(request)
    if kind not in FileKind.values:
        raise Http404
    with transaction.atomic():  # of two who save at once, the second sees what the first saved
        return _mapping_answer(request, file_mappings.get_file_mapping(city, kind, is_locked=True))


def _mapping_answer(request, mapping):
    stored = FileMappingForm(instance=mapping)
    opened_as, conflict = edit_conflicts.parts_token(edit_conflicts.form_parts(stored)), None
    form = stored
    if request.method == "POST":
        if "keep" in request.POST:
            conflict = edit_conflicts.find_conflict(stored, request.POST)
        form = FileMappingForm(
            conflict.data if conflict else request.POST, request.FILES, instance=mapping
        )
    if conflict:
        describe_last_change(conflict, mapping, request.user)
        form.add_error(None, conflict.sentence)
    report, rows = None, ()
    if request.method == "POST" and form.is_valid():
        if "keep" in request.POST:
            file_mappings.save_file_mapping(mapping, by=request.user, fields=form.changed_data)
            messages.success(
                request,
                "読みかたを保存しました。前に受け取ったファイルも、つぎの回に読み直します。",
            )
            return redirect("admin:linkage_file_mappings")
        if (job := _ask_try(request, form, mapping)) is not None:
            return redirect("admin:file_jobs_job", job.pk)
    elif request.method != "POST" and (job := _tried(request, mapping)) is not None:
        form = FileMappingForm(job.options["typed"], instance=mapping)
        opened_as = job.options["typed"].get(edit_conflicts.FIELD_NAME, opened_as)
        report, rows = job.result["report"], job.result["rows"]
    context = {
        **admin.site.each_context(request),
        "title": f"{mapping}の読みかた",
        "form": form,
        # A trial saves nothing: the form keeps the version it was opened with.
        "opened_as": opened_as
        if conflict
        else request.POST.get(edit_conflicts.FIELD_NAME, opened_as),
        "conflict": conflict,
        "mapping": mapping,
        "report": report,
        "rows": rows,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "admin/linkage/file_mapping.html", context, status=status)


def _ask_try(request, form, mapping):
    """The FileJob that tries the typed mapping; None where the form has an error instead."""
    sample = form.cleaned_data["sample"]
    if sample is None:
        form.add_error("sample", "ためすファイルを選んでください。")
        return None
    typed = {
        name: value for name, value in request.POST.items()
        if name in form.fields or name == edit_conflicts.FIELD_NAME
    }  # fmt: skip
    try:
        return file_handlers.request_mapping_trial(mapping, typed, sample, by=request.user)
    except jobs.CannotAsk as error:
        form.add_error("sample", str(error))
        return None


def _tried(request, mapping):
    """The finished trial of this person that the URL names; else None."""
    named = request.GET.get("tried", "")
    job = jobs.result_named(named, [JobKind.MAPPING_TRIAL], by=request.user)
    return job if job is not None and job.options.get("kind") == mapping.kind else None


def _city(request):
    cities = cities_where(request.user, "linkage.edit")
    if not cities:
        raise Http404
    return min(cities)
