"""Chinese texts as merchants write them: full-width marks, and no words of machines."""

from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from config.translations import read, sources
from tests.chinese import half_width_marks

# Words for which people have others: beside each the one to take.
OTHERS = {
    "营业时间": "客服上班时间",
    "店主": "主账号",
    "运营人员": "运维人员",
    "系统管理员": "运维人员",
    "API 令牌": "API 密钥",
    "沙箱": "模拟",
    "沙盒": "模拟",
    "幂等": "防重复",
    "租约": "占用",
    "修订": "版本",
    "回放": "重算",
    "张售后单": "个售后单",
    "运单号": "快递单号",
    "物流公司": "快递公司",
    "知悉": "已处理",
    "你": "您",
}


def texts() -> Iterator[tuple[Message, str]]:
    for catalogue in {source.catalogue for source in sources()}:
        for message in read(catalogue):
            if message.id:
                strings = message.string if isinstance(message.string, tuple) else [message.string]
                yield from ((message, text) for text in strings)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("退款: %(amount)s", ["款:"]),
        ("%(name)s, %(at)s", ["字,"]),
        ("共 3 单(含 1 单)", ["单(", "单)"]),
        ("确定吗?", ["吗?"]),
        ("退款：%(amount)s，共 3 单（含 1 单）", []),
        ("地址应以 https:// 开头", []),
        ('例如 "08:30" 或 {"a": 1, "b": 2}', []),
    ],
)
def test_half_width_marks_are_found(text: str, found: list[str]) -> None:
    assert half_width_marks(text) == found


def test_chinese_sentences_have_full_width_marks() -> None:
    assert [text for _message, text in texts() if half_width_marks(text)] == []


def test_one_word_for_one_thing() -> None:
    wrong = [(word, text) for _message, text in texts() for word in OTHERS if word in text]
    assert wrong == []
