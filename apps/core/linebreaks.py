"""Where Japanese text may be broken into lines (JIS X 4051, the few rules that a form needs). Pure."""

from collections.abc import Callable, Sequence

NOT_FIRST = set(
    "、。，．・：；？！ー々ゝゞ）」』】〉》〕］｝)]}ぁぃぅぇぉっゃゅょァィゥェォッャュョ゛゜,.!?:;%％"
)
NOT_LAST = set("（「『【〈《〔［｛([{¥￥〒")


def break_lines(units: Sequence[str], width: float, advance: Callable[[str], float]) -> list[range]:
    """The units of each line: as many as fit into ``width`` by their ``advance`` (same measure)."""
    found, start, used = [], 0, 0.0
    at = 0
    while at < len(units):
        used += advance(units[at])
        if used > width and at > start:
            end = _break_before(units, start, at)
            found.append(range(start, end))
            start = at = end
            used = 0.0
            continue
        at += 1
    return [*found, range(start, len(units))] if start < len(units) else found


def _break_before(units, start, at):
    """The last place at or before ``at`` where a line may begin; ``at`` where there is none."""
    for place in range(at, start, -1):
        if may_break(units[place - 1], units[place]):
            return place
    return at


def may_break(before: str, after: str) -> bool:
    """Whether a line may end with ``before`` and the next begin with ``after``."""
    if after[0] in NOT_FIRST or before[-1] in NOT_LAST:
        return False
    return not (_is_word(before) and _is_word(after))


def _is_word(unit):
    return unit.isascii() and unit.isalnum()
