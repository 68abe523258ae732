"""Invented questions to the helpdesk: one that waits, one that was answered, and an issue of it."""

import uuid

from apps.helpdesk.models import AnswerTemplate, SupportQuestion
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services import issues, question_queue, questions
from apps.people.models import Municipality, Role, StaffPost, User
from apps.people.services import city_rows

ANSWER = (
    "新しい端末でサインインしてから、「お知らせ」の「通知を受け取る」を押してください。"
    "前の端末の登録は、同じ画面で消せます。"
)


def ask_questions(city: Municipality, student: User, guardian: User) -> None:
    """Ask and answer, where nobody has asked yet."""
    if SupportQuestion.objects.filter(municipality=city).exists():
        return
    helpdesk = StaffPost.objects.current().filter(municipality=city, role=Role.HELPDESK)[0].user
    template = AnswerTemplate(
        municipality=city, topic="notifications", title="端末を替えたとき", body=ANSWER
    )
    city_rows.save_city_row(template, by=helpdesk, fields=["title", "body"], verb=ANSWER_VERB)
    asked = _ask(
        guardian, city, side="guardian", topic="notifications",
        text="スマートフォンを替えたら、通知が届かなくなりました。どうすればよいですか。",
    )  # fmt: skip
    issues.record_from_question(
        asked, by=helpdesk, title="端末を替えたときの手順を、通知の画面でも案内する"
    )
    question_queue.reply_to_question(
        asked, by=helpdesk, text=ANSWER, form_key=uuid.uuid4(), seen=asked.version
    )
    _ask(
        student, city, side="student", topic="card",
        text="カードを家にわすれたときは、どうすればいいですか。",
    )  # fmt: skip


def _ask(user: User, city: Municipality, *, side: str, topic: str, text: str) -> SupportQuestion:
    return questions.ask_question(
        questions.Asker(user, city), side=side, topic=topic, text=text, reply_way="inbox",
        form_key=uuid.uuid4(),
    )  # fmt: skip
