"""The layouts that are known, and which of them a row of heads has (SPEC O11)."""

from collections.abc import Sequence
from dataclasses import replace

from ..layout import Kind, Layout
from . import douyin, jd, kuaishou, pinduoduo, plain, taobao, wechat, xiaohongshu

BY_CODE: dict[str, Layout] = {
    f"{module.__name__.rsplit('.', 1)[-1]}/{name}": replace(
        one, code=f"{module.__name__.rsplit('.', 1)[-1]}/{name}"
    )
    for module in (kuaishou, wechat, douyin, taobao, pinduoduo, xiaohongshu, jd, plain)
    for name, one in module.LAYOUTS.items()
}
LAYOUTS = [one for code, one in BY_CODE.items() if not code.startswith("plain/")]
_PLAIN = [one for code, one in BY_CODE.items() if code.startswith("plain/")]
FEWEST_HEADS = 5


def recognised(heads: Sequence[str], *, platform: str, kind: Kind | None = None) -> Layout | None:
    """The layout whose marks are all there; the shop's platform settles ties. Where none is, a
    plain one that has all that is needed, with the words of the shop's platform."""
    there = set(heads)
    wanted = [one for one in LAYOUTS if kind in (None, one.kind) or one.kind is Kind.LINES]
    found = [
        one
        for one in wanted
        if set(one.marks) <= there
        and len(one.known & there) >= FEWEST_HEADS
        and not lacking(one, there)
    ]
    if found:
        return max(found, key=lambda one: (one.platform == platform, len(one.marks)))
    for one in _PLAIN:
        fits = kind in (None, one.kind) and len(one.known & there) >= FEWEST_HEADS
        if fits and not lacking(one, there):
            return with_words_of(one, platform)
    return None


def lacking(layout: Layout, heads: set[str]) -> list[str]:
    """The needed columns that are not there, by the heads that they may have."""
    return [
        layout.columns[name][0] if name in layout.columns else name
        for name in layout.needed
        if not heads & set(layout.columns.get(name, ()))
    ]


def with_words_of(layout: Layout, platform: str) -> Layout:
    """A plain layout, read with the words of a platform."""
    for one in LAYOUTS:
        if one.platform == platform != "other" and one.kind is layout.kind:
            return replace(
                layout,
                platform=platform,
                statuses={**layout.statuses, **one.statuses},
                types={**layout.types, **one.types},
                all_refunded=one.all_refunded,
            )
    return layout
