"""Answers not yet submitted, kept in the session of the person who gives them."""

import uuid


class AnswerDraft:
    """The answers of one person about one student, each with the document they answer."""

    def __init__(self, session, student_id):
        self._session = session
        self._name = f"consent:{student_id}"
        self._draft = session.get(self._name) or {"form_key": str(uuid.uuid4()), "answers": {}}

    @property
    def form_key(self):
        """One key from the first answer to the submission: a double submit is one receipt."""
        return uuid.UUID(self._draft["form_key"])

    @property
    def answers(self):
        """{purpose: response}, in the order in which they were given."""
        return {purpose: response for purpose, (response, _) in self._draft["answers"].items()}

    @property
    def read(self):
        """{purpose: id of the document that was on the screen}."""
        return {purpose: uuid.UUID(read) for purpose, (_, read) in self._draft["answers"].items()}

    def put(self, purpose, response, document_id):
        self._draft["answers"][purpose] = [str(response), str(document_id)]
        self._save()

    def drop_outdated(self, documents):
        """Remove answers to documents no longer in force; returns the purposes removed."""
        current = {purpose: document.pk for purpose, document in documents.items()}
        gone = [purpose for purpose, read in self.read.items() if current.get(purpose) != read]
        for purpose in gone:
            del self._draft["answers"][purpose]
        if gone:
            self._save()
        return gone

    def clear(self):
        self._session.pop(self._name, None)

    def _save(self):
        self._session[self._name] = self._draft
