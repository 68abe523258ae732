"""Where 「すぐに閉じる」 may lead: the allow-list from which a municipality chooses. Pure: no Django.

Each page is one that anybody could have open at school. The blank page is our own; the portal's
address of the others only passes on to them.
"""

BLANK = "blank"
OUTSIDE_PAGES = {  # code -> address outside the portal
    "weather": "https://www.jma.go.jp/",
    "school_tv": "https://www.nhk.or.jp/school/",
    "library": "https://www.kodomo.go.jp/",
}


def outside_address(code: str) -> str:
    """The address outside the portal of this choice; "" for the blank page and unknown codes."""
    return OUTSIDE_PAGES.get(code, "")
