"""Half-width marks in Chinese texts."""

import re

HAN = "\u4e00-\u9fff"
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
# Beside a Chinese sign, a closing quote or bracket, or what a placeholder puts there.
_HALF_WIDTH = re.compile(rf"[{HAN}”》）] ?[,:;!?()]|[,:;!?()] ?[{HAN}“《（]|[{HAN}]\.(?!\w)|\.\.\.")
# What is to be typed, or an address: these marks are meant as they are.
_MEANT = ("https://", "用 ; 隔开")


def half_width_marks(text: str) -> list[str]:
    for meant in _MEANT:
        text = text.replace(meant, "")
    return _HALF_WIDTH.findall(_PLACEHOLDER.sub("字", text))
