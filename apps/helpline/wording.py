"""What a student reads when asking to talk, with readings. Pure: no Django.

Every sentence here must be approved by a counsellor or school nurse before real use.
"""

WANTED = {
    "homeroom": "｜担任《たんにん》の ｜先生《せんせい》",
    "nurse": "｜保健室《ほけんしつ》の ｜先生《せんせい》",
    "counsellor": "スクールカウンセラー",
    "other": "ほかの ｜先生《せんせい》",
    "outside": "｜学校《がっこう》の ｜外《そと》の ｜人《ひと》",
    "anyone": "だれでも いい",
}
TOPICS = {
    "friends": "｜友《とも》だち",
    "study": "｜勉強《べんきょう》",
    "home": "｜家《いえ》",
    "body": "｜体《からだ》や ｜心《こころ》",
    "future": "これからの こと",
    "net": "ネット",
    "unsaid": "うまく ｜言《い》えない",
}
SECRECY = (
    "｜命《いのち》や ｜体《からだ》が あぶない ときは、あなたを ｜守《まも》るために、"
    "ほかの ｜大人《おとな》に ｜伝《つた》える ことが あります。"
)
CHOOSE = "だれと ｜話《はな》したいか、えらんで ください。"
UNKNOWN = "この ｜答《こた》えは えらべません。もう｜一度《いちど》 えらんで ください。"
TOO_LONG = "200｜字《じ》までで ｜書《か》いて ください。"
OLD_PAGE = "ページが ｜古《ふる》く なって います。もう｜一度《いちど》 ｜送《おく》って ください。"
