"""The sentences of a letter, on the page that is printed and in the PDF. Pure."""

TITLE = "加賀ポータルへの ご案内"
ABOUT = (
    "お子さんの学校の記録などを、見まもりのために使ってよいか、一つずつお返事をうかがいます。"
    "同意しなくても、学校生活・お知らせ・相談は変わりません。いつでもやめられます。"
)
STEPS = (
    "QRコードを、スマートフォンのカメラで読み取ります。",
    "メールアドレスとパスワードで、アカウントを作ります(お持ちの方はサインインします)。",
    "お名前と、お子さんとの続柄を入れます。",
    "下の控えに署名して学校に出します。学校が確かめると、お子さんのことが見られます。",
)
SIBLINGS = "ごきょうだいの分は、同じアカウントで、その子の手紙を読み取ってください。"
STRANGER = "この手紙に心当たりがないときは、学校に伝えてください。"
SLIP = "加賀ポータルの手紙を受け取りました。"
# The language (BCP 47) and its line; the same sentence in each.
LANGUAGES = (
    ("en", "This letter is from your child's school. Scan the QR code to sign up. If you cannot read "
           "Japanese, please ask the school."),
    ("zh", "这是您孩子学校的来信。请扫描二维码进行注册。如果您看不懂日语,请咨询学校。"),
    ("pt", "Esta carta é da escola do seu filho. Leia o código QR para se registrar. Se não lê "
           "japonês, pergunte à escola."),
    ("vi", "Thư này do trường của con quý vị gửi. Hãy quét mã QR để đăng ký. Nếu quý vị không đọc được "
           "tiếng Nhật, hãy hỏi nhà trường."),
)  # fmt: skip
