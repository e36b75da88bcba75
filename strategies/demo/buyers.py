"""The buyers of a demo shop: most of them ordinary, a few who live on refunds."""

import random
from typing import NamedTuple

COUNT = 60
GREEDY_COUNT = 3

_FIRST = [
    *("小鹿", "阿泽", "豆豆", "晴天", "南风", "柚子", "安然", "果果"),
    *("十七", "沐沐", "老陈", "米粒", "青禾", "糖糖", "阿蛮"),
]
_SECOND = [
    *("爱生活", "不吃辣", "的日常", "在路上", "妈妈"),
    *("同学", "爱囤货", "的小窝", "看直播", "慢慢来"),
]


class Buyers(NamedTuple):
    ordinary: list[str]
    # Ask for their money back more often than not.
    greedy: list[str]
    # On the shop's block list.
    blocked: str

    def pick(self, rng: random.Random) -> str:
        """Some buy often, most rarely."""
        if rng.random() < 0.06:
            return rng.choice(self.greedy)
        if rng.random() < 0.012:
            return self.blocked
        return self.ordinary[int(rng.random() ** 1.7 * len(self.ordinary))]


def make_buyers(rng: random.Random) -> Buyers:
    names: dict[str, None] = {}
    while len(names) < COUNT:
        names[f"{rng.choice(_FIRST)}{rng.choice(_SECOND)}{rng.randrange(10, 100)}"] = None
    *ordinary, blocked = names
    return Buyers(ordinary[GREEDY_COUNT:], ordinary[:GREEDY_COUNT], blocked)
