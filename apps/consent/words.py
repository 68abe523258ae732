"""The sentences in which the pages say how a purpose stands."""

# why -> (to the guardian, to the student, badge)
WHY = {
    "effective": ("つないでいます", "使って います", "midori"),
    "waiting_student": (
        "お子さんの返事をまっています",
        "あなたの 返事を まって います",
        "murasaki",
    ),
    "waiting_guardian": ("保護者の返事をまっています", "保護者の 返事を まって います", "murasaki"),
    "waiting_both": ("まだ返事がありません", "まだ 返事が ありません", "plain"),
    "guardian_refused": ("つないでいません", "使って いません", "plain"),
    "student_refused": ("つないでいません(本人の希望)", "使って いません(あなたの 返事)", "plain"),
    "not_offered": ("いまはたずねていません", "いまは たずねて いません", "plain"),
}
