"""The tables of the Japan Profile: the columns of each file, and which of them are read."""

VERSIONS = ("1.2", "1.2.1", "1.2_JP")
COMMON_COLUMNS = ("sourcedId", "status", "dateLastModified")
COLUMNS = {
    "academicSessions": ("title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "orgs": ("name", "type", "identifier", "parentSourcedId"),
    "courses": ("schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes"),
    "classes": (
        "title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
        "termSourcedIds", "subjects", "subjectCodes", "periods", "metadata.jp.specialNeeds",
    ),
    "users": (
        "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier",
        "email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier",
        "resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
        "primaryOrgSourcedId", "pronouns", "metadata.jp.kanaGivenName", "metadata.jp.kanaFamilyName",
        "metadata.jp.kanaMiddleName", "metadata.jp.homeClass", "metadata.jp.kanaPreferredFamilyName",
        "metadata.jp.kanaPreferredGivenName", "metadata.jp.kanaPreferredMiddleName",
    ),
    "roles": ("userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
    "enrollments": (
        "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate",
        "metadata.jp.ShussekiNo", "metadata.jp.PublicFlg",
    ),
}  # fmt: skip
REQUIRED_FILES = tuple(COLUMNS)
DEMOGRAPHICS = "demographics"  # not required; only two columns of it are read
# Columns added or removed between profile versions: their absence is no problem.
OPTIONAL_COLUMNS = {
    "resourceSourcedIds", "metadata.jp.kanaPreferredFamilyName",
    "metadata.jp.kanaPreferredGivenName", "metadata.jp.kanaPreferredMiddleName",
}  # fmt: skip
# 相互運用標準モデル 6.00 writes these with a lower-case initial.
ALTERNATIVE_SPELLINGS = {
    "metadata.jp.shussekiNo": "metadata.jp.ShussekiNo",
    "metadata.jp.publicFlg": "metadata.jp.PublicFlg",
}
# The columns read of each file, in this order; the other cells are never used.
COLUMNS_READ = {
    "academicSessions": ("sourcedId", "status", "title", "type"),
    "orgs": ("sourcedId", "status", "name", "type", "identifier"),
    "courses": ("sourcedId", "status", "title"),
    "classes": (
        "sourcedId", "status", "title", "grades", "classType", "schoolSourcedId",
        "metadata.jp.specialNeeds",
    ),
    "users": (
        "sourcedId", "status", "userIds", "givenName", "familyName", "agentSourcedIds", "grades",
        "userMasterIdentifier", "preferredGivenName", "preferredFamilyName",
        "metadata.jp.kanaGivenName", "metadata.jp.kanaFamilyName", "metadata.jp.homeClass", "enabledUser",
        "username", "email",  # of students, where the city asks for it: as keyed digests alone
    ),
    "roles": ("sourcedId", "status", "userSourcedId", "roleType", "role", "orgSourcedId"),
    "enrollments": (
        "sourcedId", "status", "classSourcedId", "schoolSourcedId", "userSourcedId", "role",
        "primary", "metadata.jp.ShussekiNo",
    ),
    DEMOGRAPHICS: ("sourcedId", "birthDate"),
}  # fmt: skip
