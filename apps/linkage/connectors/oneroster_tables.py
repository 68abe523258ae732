"""Converts a roster's JSON to the flat tables of the Japan Profile's CSV. Pure: no Django, no HTTP.

The formats read: OneRoster 1.2 (REST and CSV bindings) and what servers really send (booleans for
strings, ``publickFlg``, empty ``roles``, ``preferredFirstName``, flat
``metadata["jp.kanaGivenName"]``, dates with slashes, halves of surrogate pairs).
"""

import re
from datetime import date

REPLACEMENT_CHARACTER = "\ufffd"  # replaces half of a surrogate pair; the reader refuses its row
_HALF = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
REMOVED_STATUSES = {"tobedeleted", "inactive"}  # OneRoster 1.1 wrote inactive
ORG_TYPES = {"district", "school"}


def to_csv_tables(collections, today):
    """{file: [{column: text}]} from {collection: [item]}; what is marked as deleted is left out.

    ``today`` (a date) chooses the school year where the server has several.
    """
    gone = {name: _gone(items) for name, items in collections.items()}
    alive = {
        name: [item for item in items if _text(item, "sourcedId") not in gone[name]]
        for name, items in collections.items()
    }
    orgs = [_org(item) for item in alive["orgs"] if _text(item, "type") in ORG_TYPES]
    users = [_user(item, gone["users"]) for item in alive["users"]]
    enrollments = [
        row
        for row in map(_enrollment, alive["enrollments"])
        if row["userSourcedId"] not in gone["users"]
        and row["classSourcedId"] not in gone["classes"]
    ]
    return {
        "academicSessions": _this_year([_session(i) for i in alive["academicSessions"]], today),
        "orgs": orgs,
        "courses": [],
        "classes": [_class(item) for item in alive["classes"]],
        "users": users,
        "roles": _roles(alive["users"], users, enrollments),
        "enrollments": enrollments,
    }


def _gone(items):
    return {
        _text(item, "sourcedId")
        for item in items
        if _text(item, "status").lower() in REMOVED_STATUSES
    }


def _session(item):
    names = ("sourcedId", "title", "type", "startDate", "endDate", "schoolYear")
    return {name: _text(item, name) for name in names}


def _this_year(rows, today):
    """Of several school years the one of today; the reader refuses what stays ambiguous."""
    years = [row for row in rows if row["type"] == "schoolYear"]
    now = [row for row in years if _covers(row, today)]
    return now if len(years) > 1 and len(now) == 1 else years


def _covers(row, day):
    begins, ends = _day(row["startDate"]), _day(row["endDate"])
    return begins is not None and ends is not None and begins <= day <= ends


def _day(text):
    """The date at the beginning of a text, with hyphens, slashes or points; None: there is none."""
    found = _DATE.match(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _org(item):
    return {
        **{name: _text(item, name) for name in ("sourcedId", "name", "type", "identifier")},
        "parentSourcedId": _reference(item, "parent"),
    }


def _class(item):
    return {
        **{name: _text(item, name) for name in ("sourcedId", "title", "classCode", "classType")},
        "grades": _listed(item, "grades"),
        "schoolSourcedId": _reference(item, "school"),
        "metadata.jp.specialNeeds": _text(_japanese(item), "specialNeeds"),
    }


def _user(item, gone):
    japanese, names = _japanese(item), ("sourcedId", "givenName", "familyName")
    agents = [agent for agent in map(_pointed, _list(item, "agents")) if agent not in gone]
    return {
        **{
            name: _text(item, name)
            for name in (*names, "userMasterIdentifier", "username", "email")
        },
        "preferredGivenName": _text(item, "preferredFirstName", "preferredGivenName"),
        "preferredFamilyName": _text(item, "preferredLastName", "preferredFamilyName"),
        "userIds": ",".join(
            f"{{{_text(one, 'type')}:{_text(one, 'identifier')}}}" for one in _list(item, "userIds")
        ),
        "agentSourcedIds": ",".join(filter(None, agents)),
        "grades": _listed(item, "grades"),
        "primaryOrgSourcedId": _reference(item, "primaryOrg"),
        "metadata.jp.kanaGivenName": _text(japanese, "kanaGivenName"),
        "metadata.jp.kanaFamilyName": _text(japanese, "kanaFamilyName"),
        "metadata.jp.homeClass": _text(japanese, "homeClass"),
    }


def _enrollment(item):
    japanese = _japanese(item)
    return {
        **{name: _text(item, name) for name in ("sourcedId", "role", "primary")},
        "classSourcedId": _reference(item, "class"),
        "schoolSourcedId": _reference(item, "school"),
        "userSourcedId": _reference(item, "user"),
        "metadata.jp.ShussekiNo": _text(japanese, "shussekiNo", "ShussekiNo"),
        "metadata.jp.PublicFlg": _text(japanese, "publicFlg", "PublicFlg", "publickFlg"),
    }


def _roles(items, users, enrollments):
    """The roles sent; where a user has none, the one they are enrolled with, or guardian."""
    enrolled = {row["userSourcedId"]: row for row in reversed(enrollments)}
    agents = {agent for row in users for agent in row["agentSourcedIds"].split(",")}
    found = []
    for item, user in zip(items, users, strict=True):
        explicit_roles = [_role(role, user) for role in _list(item, "roles")]
        found += explicit_roles or _implied(user, enrolled.get(user["sourcedId"]), agents)
    return [{"sourcedId": f"role-{n}", **row} for n, row in enumerate(found, start=1)]


def _role(role, user):
    return {
        "userSourcedId": user["sourcedId"],
        "roleType": _text(role, "roleType"),
        "role": _text(role, "role"),
        "orgSourcedId": _reference(role, "org") or user["primaryOrgSourcedId"],
    }


def _implied(user, enrolled, agents):
    if enrolled:
        role, org = enrolled["role"], enrolled["schoolSourcedId"]
    elif user["sourcedId"] in agents and user["primaryOrgSourcedId"]:
        role, org = "guardian", user["primaryOrgSourcedId"]
    else:
        return []
    membership = {"userSourcedId": user["sourcedId"], "roleType": "primary"}
    return [{**membership, "role": role, "orgSourcedId": org}]


# -- single values: a server may send anything ---------------------------------------------------


def _text(item, *names):
    """The first of these members that is not empty, as CSV would write it."""
    for name in names:
        value = item.get(name) if isinstance(item, dict) else None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | str) and str(value).strip():
            return _HALF.sub(REPLACEMENT_CHARACTER, str(value).strip())
    return ""


def _list(item, name):
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, list) else []


def _listed(item, name):
    found = (str(value) for value in _list(item, name) if isinstance(value, str | int))
    return _HALF.sub(REPLACEMENT_CHARACTER, ",".join(found))


def _pointed(reference):
    return _text(reference, "sourcedId")


def _reference(item, name):
    return _pointed(item.get(name)) if isinstance(item, dict) else ""


def _japanese(item):
    """A member that the Japan Profile adds: in ``metadata.jp``, or flat as ``metadata["jp.…"]``."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        return {}
    flat = {key[3:]: value for key, value in metadata.items() if key.startswith("jp.")}
    nested = metadata.get("jp")
    return {**flat, **nested} if isinstance(nested, dict) else flat
