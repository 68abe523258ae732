"""The sentences of a letter, for the printed page and the PDF."""

from apps.core.templatetags.japanese import day
from apps.people.models import Student

TITLE = "加賀ポータルへの ご案内"
ABOUT = (
    "お子さんの学校の記録などを、見まもりのために使ってよいか、一つずつお返事をうかがいます。"
    "同意しなくても、学校生活・お知らせ・相談は変わりません。いつでもやめられます。"
)
STEPS = (
    "QRコードを、スマートフォンのカメラで読み取ります。",
    "メールアドレスとパスワードで、アカウントを作ります(お持ちの方はサインインします)。",
    "お名前と、お子さんとの続柄を入れます。",
    "下の控えに、登録した名前と続柄を書き、署名して学校に出します。学校が確かめると、"
    "お子さんのことが見られます。",
)
# Where the letter names its reader, no name is typed.
STEPS_NAMED = (*STEPS[:2], "手紙のあて名がご本人かなどの質問に答えます。", STEPS[3])
SIBLINGS = "ごきょうだいの分は、同じアカウントで、その子の手紙を読み取ってください。"
UNEXPECTED_LETTER = "この手紙に心当たりがないときは、学校に伝えてください。"
FOR_GUARDIANS = "保護者の方へ"
TO_GUARDIANS_OF = "{seat} {name} さんの 保護者の方へ"
TO_NAMED = "{name} 様"
CODE = "手紙の番号"
TYPED_CODE = "QRコードが読めないときは {address} を開き、番号を入れてください。"
VALID_FROM_TO, VALID_TO = "{begins}から{ends}まで使えます。", "{ends}まで使えます。"
FOLDS = (
    "山折り(外に出るのは、この線より上だけです)",
    "谷折り",
)
TEAR_OFF = "切り取って、学校に出してください"
SLIP_TITLE, SIGNATURE = "控え", "保護者の署名"
SLIP_NAME, SLIP_RELATION = "登録した人の名前", "お子さんとの続柄"
CONTACT = "問い合わせ: {school}({city})"
SLIP = "この手紙で加賀ポータルに登録したのは、次の者です。"
# Language (BCP 47) and its line; the same sentence in each.
LANGUAGES = (
    ("en", "This letter is from your child's school. Scan the QR code to sign up. If you cannot read "
           "Japanese, please ask the school."),
    ("zh", "这是您孩子学校的来信。请扫描二维码进行注册。如果您看不懂日语,请咨询学校。"),
    ("pt", "Esta carta é da escola do seu filho. Leia o código QR para se registrar. Se não lê "
           "japonês, pergunte à escola."),
    ("vi", "Thư này do trường của con quý vị gửi. Hãy quét mã QR để đăng ký. Nếu quý vị không đọc được "
           "tiếng Nhật, hãy hỏi nhà trường."),
)  # fmt: skip


def seat_label(child) -> str:
    """The class and number of a student, all that is printed on the outside."""
    title = child.home_class.title if child.home_class else ""
    number = f"{child.attendance_number}番" if child.attendance_number else ""
    return f"{title} {number}".strip()


def addressee(person, child) -> str:
    """The addressee: a named guardian, or whoever is a guardian of the child."""
    if isinstance(person, Student):
        return TO_GUARDIANS_OF.format(seat=seat_label(child), name=child.given_name)
    return TO_NAMED.format(name=person.full_name)


def validity(letter) -> str:
    """From when to when the letter is valid."""
    ends = day(letter.expires_at)
    if letter.works_from is None:
        return VALID_TO.format(ends=ends)
    return VALID_FROM_TO.format(begins=day(letter.works_from), ends=ends)
