"""What a help page consists of."""

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class HelpPart:
    """Some steps, under a heading of their own where a page has several."""

    steps: tuple[Words, ...]
    heading: Words = ""


@dataclass(frozen=True)
class HelpPage:
    """One help page: for whom, what it is about, its steps, and the picture of a screen, if any.

    ``also`` has further words by which it is found: readings, where its text has none.
    """

    code: str
    sides: frozenset[str]
    title: Words
    parts: tuple[HelpPart, ...]
    picture: str = ""
    also: str = ""

    @property
    def texts(self) -> list[str]:
        """All words by which it is found, in the language of now."""
        words = [word for part in self.parts for word in (part.heading, *part.steps)]
        return [str(word) for word in (self.title, *words, self.also) if word]

    @property
    def picture_path(self) -> str:
        """The static file of the picture, "" where there is none."""
        return f"help/{self.picture}.png" if self.picture else ""
