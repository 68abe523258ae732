"""The first version of the document for every purpose. Pure: no Django.

To the guardian in plain polite Japanese, to the student in やさしい日本語 with ruby on every kanji. Which
fields are kept is the data-minimisation map of the connectors; the readers are
people.permissions.MAY_OPEN (a test compares the two). Nothing here promises what the code does not
do.
"""

from dataclasses import dataclass

BOTH, GUARDIAN = "both", "guardian"
CARING = "担任、養護教諭、スクールカウンセラー、管理職"
LEARNING = "担任、スクールカウンセラー、管理職"
HOME = "スクールカウンセラー、管理職"
C4TH = "学校の校務支援システム(C4th)"
MYNA_PORTAL = "マイナポータル(保護者の方がマイナンバーカードを読み取ったときだけ)"
# What a reader of a protective case has kept outlives a withdrawal (cases.services.kept_evidence).
KEPT_TO_PROTECT = "。命や体があぶないときに先生が見た分は、子どもを守る記録として、同意を取り下げたあとも残すことがあります"
SCHOOL_YEAR = f"この学年のあいだ(長くても1年){KEPT_TO_PROTECT}"
AIM_OF_CARE = "困っているようすに早く気づき、声をかけ、必要な支援につなぐため。"
AIM_OF_SUPPORT_TALKS = (
    "すでに始まっている支援の話し合いで、使える制度を考えるため。"
    "これだけを理由に、支援が必要だと決めることはありません。"
)

STUDENT_CARING = (
    "｜担任《たんにん》の ｜先生《せんせい》、｜保健室《ほけんしつ》の ｜先生《せんせい》、"
    "スクールカウンセラー、｜校長《こうちょう》｜先生《せんせい》や ｜教頭《きょうとう》｜先生《せんせい》が ｜見《み》ます。"
)
STUDENT_LEARNING = (
    "｜担任《たんにん》の ｜先生《せんせい》、スクールカウンセラー、"
    "｜校長《こうちょう》｜先生《せんせい》や ｜教頭《きょうとう》｜先生《せんせい》が ｜見《み》ます。"
)
STUDENT_HOME = "スクールカウンセラーと、｜校長《こうちょう》｜先生《せんせい》や ｜教頭《きょうとう》｜先生《せんせい》だけが ｜見《み》ます。"
STUDENT_KEPT_TO_PROTECT = (
    "｜命《いのち》や ｜体《からだ》が あぶない ときに ｜先生《せんせい》が ｜見《み》た ぶんは、あなたを ｜守《まも》る ために、"
    "｜同意《どうい》を やめた あとも のこす ことが あります。"
)
STUDENT_SCHOOL_YEAR = f"この ｜学年《がくねん》の あいだだけ のこします。{STUDENT_KEPT_TO_PROTECT}"
STUDENT_AIM = (
    "こまって いる ことに ｜早《はや》く ｜気《き》づいて、｜声《こえ》を かける ためです。"
)
STUDENT_C4TH = "｜学校《がっこう》の ｜記録《きろく》から もらいます。"
STUDENT_MYNA_PORTAL = (
    "｜保護者《ほごしゃ》が マイナンバーカードを ｜読《よ》み｜取《と》った ときだけ、もらいます。"
)
STUDENT_SUPPORT_TALKS = (
    "もう はじまって いる ｜話《はな》し｜合《あ》いで、｜使《つか》える ｜助《たす》けを ｜考《かんが》える ためです。"
    "これだけで、あなたの ことを ｜決《き》めません。"
)
STUDENT_REFUSAL = "あなたが いやなら、つなぎません。"

READERS = {
    CARING: ("homeroom", "nurse", "counsellor", "principal"),
    LEARNING: ("homeroom", "counsellor", "principal"),
    HOME: ("counsellor", "principal"),
}


@dataclass(frozen=True)
class SeedDocument:
    """The text of one purpose (to the guardian, to the student) and its policy."""

    question: str
    what: str
    what_not: str
    source: str
    recipients: str
    kept: str
    aim: str
    student_question: str
    student_lines: tuple[str, ...]
    decider: str = BOTH
    kept_days: int = 365
    alone_from_age: int | None = 16

    @property
    def readers(self):
        """The roles that the phrase ``recipients`` names, as data."""
        return READERS.get(self.recipients, ())

    @property
    def student_words(self):
        return "\n".join(self.student_lines)


SEED_DOCUMENTS = {
    "checkin_review": SeedDocument(
        question="チェックイン「きょうの わたし」の答えを、見まもりに使ってよいですか。",
        what="お子さんが答えた気もち、体の調子、ねむり、だれかと話したいか、書いたことば、答えた日。",
        what_not="答えたくない質問の分はありません。成績には使いません。",
        source="このポータルのチェックイン",
        recipients=CARING,
        kept=SCHOOL_YEAR,
        aim=AIM_OF_CARE,
        student_question="「きょうの わたし」の ｜答《こた》えを、｜先生《せんせい》が ｜見《み》ても いいですか。",
        student_lines=(
            "｜気《き》もち、｜体《からだ》の ｜調子《ちょうし》、ねむり、｜話《はな》したいか、｜書《か》いた ことばを ｜使《つか》います。",
            "｜成績《せいせき》には ｜使《つか》いません。",
            STUDENT_CARING,
            STUDENT_SCHOOL_YEAR,
            STUDENT_AIM,
        ),
    ),
    "attendance": SeedDocument(
        question="出席のようすを、見まもりに使ってよいですか。",
        what="日付と、出席・欠席・遅刻・早退などの区分。",
        what_not="休んだ理由のくわしい文や、病気の名前は使いません。",
        source=C4TH,
        recipients=CARING,
        kept=SCHOOL_YEAR,
        aim=AIM_OF_CARE,
        student_question="｜学校《がっこう》に ｜来《き》た ｜日《ひ》や ｜休《やす》んだ ｜日《ひ》を、｜先生《せんせい》が ｜見《み》まもりに ｜使《つか》っても いいですか。",
        student_lines=(
            "｜日《ひ》にちと、｜出席《しゅっせき》・｜欠席《けっせき》・｜遅刻《ちこく》・｜早退《そうたい》の どれかだけを ｜使《つか》います。",
            "｜休《やす》んだ ｜理由《りゆう》や ｜病気《びょうき》の ｜名前《なまえ》は ｜使《つか》いません。",
            STUDENT_C4TH,
            STUDENT_CARING,
            STUDENT_SCHOOL_YEAR,
            STUDENT_AIM,
        ),
    ),
    "nurse_room": SeedDocument(
        question="保健室に来た回数を、見まもりに使ってよいですか。",
        what="日付、午前か午後か、内科・外科・相談・その他の区分。",
        what_not="症状や手当て、相談のくわしい内容は使いません。",
        source=C4TH,
        recipients=CARING,
        kept=SCHOOL_YEAR,
        aim=AIM_OF_CARE,
        student_question="｜保健室《ほけんしつ》に ｜行《い》った ｜回数《かいすう》を、｜先生《せんせい》が ｜見《み》まもりに ｜使《つか》っても いいですか。",
        student_lines=(
            "｜行《い》った ｜日《ひ》、｜午前《ごぜん》か ｜午後《ごご》か、けが・｜体調《たいちょう》・｜相談《そうだん》などの ｜種類《しゅるい》だけを ｜使《つか》います。",
            "｜話《はな》した ことや、どんな ｜具合《ぐあい》だったかは ｜使《つか》いません。",
            STUDENT_C4TH,
            STUDENT_CARING,
            STUDENT_SCHOOL_YEAR,
            STUDENT_AIM,
        ),
    ),
    "grades": SeedDocument(
        question="成績の大きな変化を、見まもりに使ってよいですか。",
        what="年度と学期、教科、観点別の評価(A・B・C)、評定(1〜5)。",
        what_not="先生の所見や、指導要録の文章は使いません。",
        source=C4TH,
        recipients=LEARNING,
        kept=SCHOOL_YEAR,
        aim="急な変化の後ろにある困りごとに早く気づき、支援につなぐため。成績をつけるためには使いません。",
        student_question="｜成績《せいせき》の ｜大《おお》きな ｜変化《へんか》を、｜先生《せんせい》が ｜見《み》まもりに ｜使《つか》っても いいですか。",
        student_lines=(
            "｜学期《がっき》、｜教科《きょうか》、A・B・C、1〜5の ｜評定《ひょうてい》だけを ｜使《つか》います。",
            "｜先生《せんせい》が ｜書《か》いた ｜文章《ぶんしょう》は ｜使《つか》いません。これで ｜成績《せいせき》が ｜変《か》わる ことは ありません。",
            STUDENT_C4TH,
            STUDENT_LEARNING,
            STUDENT_SCHOOL_YEAR,
            STUDENT_AIM,
        ),
    ),
    "mood_weather": SeedDocument(
        question="「心の天気」を、見まもりに使ってよいですか。",
        what="日付と、えらんだ天気(晴れ・くもり・雨・かみなり)。",
        what_not="そえて書いたことばは使いません。",
        source=C4TH,
        recipients=CARING,
        kept=f"90日{KEPT_TO_PROTECT}",
        aim=AIM_OF_CARE,
        student_question="「｜心《こころ》の ｜天気《てんき》」を、｜先生《せんせい》が ｜見《み》まもりに ｜使《つか》っても いいですか。",
        student_lines=(
            "｜日《ひ》にちと、えらんだ ｜天気《てんき》だけを ｜使《つか》います。",
            "｜書《か》いた ことばは ｜使《つか》いません。",
            STUDENT_C4TH,
            STUDENT_CARING,
            f"90｜日《にち》だけ のこします。{STUDENT_KEPT_TO_PROTECT}",
            STUDENT_AIM,
        ),
        kept_days=90,
    ),
    "study_log": SeedDocument(
        question="学習のきろくを、見まもりに使ってよいですか。",
        what="いつ、どの教材で、何をしたか(開いた、終えたなど)、正誤・得点の割合・かかった時間。1週間ごとにまとめます。",
        what_not="書いた答えの中身、名前、先生のことば、ファイルは使いません。",
        source="まなびポケット(学習記録)",
        recipients=LEARNING,
        kept="もとの記録は30日。1週間ごとにまとめたものは、この学年のあいだ(長くても1年)"
        + KEPT_TO_PROTECT,
        aim=AIM_OF_CARE,
        student_question="まなびポケットの ｜学習《がくしゅう》の きろくを、｜先生《せんせい》が ｜見《み》まもりに ｜使《つか》っても いいですか。",
        student_lines=(
            "いつ、どの ｜教材《きょうざい》で、｜何《なに》を したか、｜正解《せいかい》か、｜点《てん》の ｜割合《わりあい》、かかった ｜時間《じかん》を ｜使《つか》います。",
            "あなたが ｜書《か》いた ｜答《こた》えの ｜文《ぶん》は ｜使《つか》いません。",
            STUDENT_LEARNING,
            "｜細《こま》かい きろくは 30｜日《にち》、1｜週間《しゅうかん》ごとの まとめは この ｜学年《がくねん》の あいだ のこします。",
            STUDENT_KEPT_TO_PROTECT,
            STUDENT_AIM,
        ),
        kept_days=30,  # the raw statements; weekly sums are kept longer
    ),
    "household": SeedDocument(
        question="世帯の人数の区分を、支援を考えるために使ってよいですか。",
        what="おとなの人数、子どもの人数、おとなが1人かどうか。",
        what_not="名前、住所、続柄、マイナンバー(個人番号の12けた)は使いません。",
        source=MYNA_PORTAL,
        recipients=HOME,
        kept="長くても1年",
        aim=AIM_OF_SUPPORT_TALKS,
        student_question="｜家《いえ》の ｜人数《にんずう》を、｜学校《がっこう》が ｜助《たす》けを ｜考《かんが》える ために ｜使《つか》っても いいですか。",
        student_lines=(
            "おとなの ｜人数《にんずう》と ｜子《こ》どもの ｜人数《にんずう》だけを ｜使《つか》います。",
            "｜名前《なまえ》や ｜住所《じゅうしょ》は ｜使《つか》いません。",
            STUDENT_MYNA_PORTAL,
            STUDENT_HOME,
            "｜長《なが》くても 1｜年《ねん》だけ のこします。",
            STUDENT_SUPPORT_TALKS,
            STUDENT_REFUSAL,
        ),
        decider=GUARDIAN,
        alone_from_age=None,
    ),
    "income": SeedDocument(
        question="所得の区分を、支援を考えるために使ってよいですか。",
        what="対象の年度と、課税の区分(非課税・均等割のみ・所得割あり)。",
        what_not="金額、勤め先、控除の内容、マイナンバー(個人番号の12けた)は使いません。",
        source=MYNA_PORTAL,
        recipients=HOME,
        kept="長くても1年",
        aim=AIM_OF_SUPPORT_TALKS,
        student_question="｜家《いえ》の ｜収入《しゅうにゅう》の ｜区分《くぶん》を、｜学校《がっこう》が ｜助《たす》けを ｜考《かんが》える ために ｜使《つか》っても いいですか。",
        student_lines=(
            "3つの ｜区分《くぶん》の どれかだけを ｜使《つか》います。",
            "お｜金《かね》の ｜額《がく》や、｜仕事《しごと》の ことは ｜使《つか》いません。",
            STUDENT_MYNA_PORTAL,
            STUDENT_HOME,
            "｜長《なが》くても 1｜年《ねん》だけ のこします。",
            STUDENT_SUPPORT_TALKS,
            STUDENT_REFUSAL,
        ),
        decider=GUARDIAN,
        alone_from_age=None,
    ),
    "allowances": SeedDocument(
        question="手当などを受けているかを、支援を考えるために使ってよいですか。",
        what="児童手当・児童扶養手当・就学援助などの制度ごとに、受けているかどうかと、その始まりと終わりの月。",
        what_not="金額、口座、相談や審査の内容、マイナンバー(個人番号の12けた)は使いません。",
        source=MYNA_PORTAL,
        recipients=HOME,
        kept="長くても1年",
        aim=AIM_OF_SUPPORT_TALKS,
        student_question="｜家《いえ》が ｜手当《てあて》などを ｜受《う》けて いるかを、｜学校《がっこう》が ｜助《たす》けを ｜考《かんが》える ために ｜使《つか》っても いいですか。",
        student_lines=(
            "｜受《う》けて いるか いないかと、｜何月《なんがつ》からかだけを ｜使《つか》います。",
            "お｜金《かね》の ｜額《がく》は ｜使《つか》いません。",
            STUDENT_MYNA_PORTAL,
            STUDENT_HOME,
            "｜長《なが》くても 1｜年《ねん》だけ のこします。",
            STUDENT_SUPPORT_TALKS,
            STUDENT_REFUSAL,
        ),
        decider=GUARDIAN,
        alone_from_age=None,
    ),
    "evaluation": SeedDocument(
        question="名前を消して、この取り組みの検証に使ってよいですか。",
        what="ほかの項目のうち、つないでいるものを、名前や番号を消して、人数や割合にまとめた数。",
        what_not="名前、学級の番号、一人ひとりの内容は使いません。少ない人数の数は出しません。",
        source="このポータルに集まったもの",
        recipients="取り組みを検証する人(まとめた数だけ。一人ひとりの内容は見ません)",
        kept="取り組みの終わりまで",
        aim="この取り組みが役に立っているかを確かめ、よくするため。",
        student_question="｜名前《なまえ》を ｜消《け》して、この ｜取《と》り｜組《く》みが ｜役《やく》に ｜立《た》ったか ｜調《しら》べる ために ｜使《つか》っても いいですか。",
        student_lines=(
            "｜名前《なまえ》を ｜消《け》して、｜人数《にんずう》や ｜割合《わりあい》に まとめた ｜数《かず》だけを ｜使《つか》います。",
            "あなたの ことだと わかる ｜形《かたち》では ｜使《つか》いません。",
            "｜調《しら》べる ｜人《ひと》が ｜見《み》るのは、まとめた ｜数《かず》だけです。",
            "｜取《と》り｜組《く》みの ｜終《お》わりまで のこします。",
            "この ｜取《と》り｜組《く》みを もっと よく する ためです。",
        ),
    ),
}
