"""Writes the invented school as a OneRoster 1.2.1 Japan-Profile zip, as a school would send it."""

import csv
import io
import zipfile

FILES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources",
    "demographics", "enrollments", "lineItems", "lineItemLearningObjectiveIds",
    "lineItemScoreScales", "orgs", "resources", "results", "resultLearningObjectiveIds",
    "resultScoreScales", "roles", "scoreScales", "userProfiles", "userResources", "users",
)  # fmt: skip
COMMON_COLUMNS = ["sourcedId", "status", "dateLastModified"]
COLUMNS = {
    "academicSessions": ["title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"],
    "orgs": ["name", "type", "identifier", "parentSourcedId"],
    "courses": [
        "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects",
        "subjectCodes",
    ],
    "classes": [
        "title", "grades", "courseSourcedId", "classCode", "classType", "location",
        "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods",
        "metadata.jp.specialNeeds",
    ],
    "users": [
        "enabledUser", "username", "userIds", "givenName", "familyName", "middleName",
        "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password",
        "userMasterIdentifier", "preferredGivenName", "preferredMiddleName",
        "preferredFamilyName", "primaryOrgSourcedId", "pronouns", "metadata.jp.kanaGivenName",
        "metadata.jp.kanaFamilyName", "metadata.jp.kanaMiddleName", "metadata.jp.homeClass",
        "metadata.jp.kanaPreferredFamilyName", "metadata.jp.kanaPreferredGivenName",
        "metadata.jp.kanaPreferredMiddleName",
    ],
    "roles": [
        "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId",
        "userProfileSourcedId",
    ],
    "enrollments": [
        "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate",
        "endDate", "metadata.jp.ShussekiNo", "metadata.jp.PublicFlg",
    ],
}  # fmt: skip


def write_roster_zip(school, *, school_name, school_code, district_name, district_code):
    """The zip's bytes. ``school`` is a people.InventedSchool; UTF-8 without BOM, CRLF, all quoted."""
    tables = {name: [] for name in COLUMNS}
    year = school.school_year
    _add(tables, "academicSessions", school.session_id, title=f"{year}年度", type="schoolYear",
         startDate=f"{year}-04-01", endDate=f"{year + 1}-03-31", schoolYear=year)  # fmt: skip
    _add(tables, "orgs", school.district_id, name=district_name, type="district",
         identifier=district_code)  # fmt: skip
    _add(tables, "orgs", school.school_id, name=school_name, type="school",
         identifier=school_code, parentSourcedId=school.district_id)  # fmt: skip
    for grade, course_id in school.course_ids.items():
        _add(tables, "courses", course_id, schoolYearSourcedId=school.session_id,
             title=f"{year}年度 {grade}", grades=grade, orgSourcedId=school.school_id)  # fmt: skip
    by_title = {school_class.title: school_class for school_class in school.classes}
    for school_class in school.classes:
        _add_class(tables, school, school_class)
    for pupil in school.pupils:
        _add_pupil(tables, school, pupil, by_title[pupil.class_title])
    return _zip(tables)


def _add_class(tables, school, school_class):
    _add(tables, "classes", school_class.source_id, title=school_class.title, grades=school_class.grade,
         courseSourcedId=school.course_ids[school_class.grade], classType="homeroom",
         schoolSourcedId=school.school_id, termSourcedIds=school.session_id,
         **{"metadata.jp.specialNeeds": "false"})  # fmt: skip
    _add_user(tables, school, school_class.teacher, "teacher")
    _enrol(tables, school, school_class.source_id, school_class.teacher, "teacher", primary="true")


def _add_pupil(tables, school, pupil, school_class):
    for guardian in pupil.guardians:
        _add_user(tables, school, guardian, "guardian")
    _add_user(
        tables, school, pupil, "student", grades=pupil.grade,
        userIds=f"{{C4th:{pupil.local_code}}}",
        agentSourcedIds=",".join(str(guardian.source_id) for guardian in pupil.guardians),
        **{"metadata.jp.homeClass": school_class.source_id},
    )  # fmt: skip
    _enrol(tables, school, school_class.source_id, pupil, "student", primary="false",
           **{"metadata.jp.ShussekiNo": pupil.number, "metadata.jp.PublicFlg": "true"})  # fmt: skip


def _add_user(tables, school, person, role, **more):
    (family, family_kana), (given, given_kana) = person.family, person.given
    names = {
        "givenName": given, "familyName": family, "preferredGivenName": given,
        "preferredFamilyName": family, "metadata.jp.kanaGivenName": given_kana,
        "metadata.jp.kanaFamilyName": family_kana,
    }  # fmt: skip
    _add(tables, "users", person.source_id, enabledUser="true",
         username=f"{person.source_id}@mihon.example", userMasterIdentifier=person.master_id,
         primaryOrgSourcedId=school.school_id, **names, **more)  # fmt: skip
    _add(tables, "roles", _twin(person.source_id, 1), userSourcedId=person.source_id,
         roleType="primary", role=role, orgSourcedId=school.school_id)  # fmt: skip


def _enrol(tables, school, class_id, person, role, **more):
    _add(tables, "enrollments", _twin(person.source_id, 2), classSourcedId=class_id,
         schoolSourcedId=school.school_id, userSourcedId=person.source_id, role=role,
         **more)  # fmt: skip


def _twin(source_id, n):
    """Another UUID v4 of the same person, stable between runs."""
    return type(source_id)(int=source_id.int ^ (n << 16), version=4)


def _add(tables, name, source_id, /, **values):
    row = {"sourcedId": source_id, **values}
    tables[name].append([str(row.get(column, "")) for column in COMMON_COLUMNS + COLUMNS[name]])


def _zip(tables):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed date in every entry: the same school gives the same bytes.
        for name, rows in {**_manifest(tables), **_with_headers(tables)}.items():
            entry = zipfile.ZipInfo(f"{name}.csv", (2026, 4, 1, 0, 0, 0))
            archive.writestr(entry, _csv(rows), compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _manifest(tables):
    rows = [["propertyName", "value"], ["manifest.version", "1.0"], ["oneroster.version", "1.2.1"]]
    rows += [[f"file.{name}", "bulk" if name in tables else "absent"] for name in FILES]
    rows += [["source.systemName", "加賀ポータル 体験用"], ["source.systemCode", "demo"]]
    return {"manifest": rows}


def _with_headers(tables):
    return {name: [COMMON_COLUMNS + COLUMNS[name], *rows] for name, rows in tables.items()}


def _csv(rows):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
