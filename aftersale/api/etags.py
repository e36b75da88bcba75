"""ETag and If-Match (RFC 9110): a write is made only to what the program has read.

A tag is `"facts.content"`. The second part is the whole answer's and serves If-None-Match; the
first is of the facts that a write is about (a ticket's `seen`, a strategy's revision), and alone
is compared by If-Match: a payment under way changes the answer, not the facts.
"""

import hashlib
import re

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def etag(content: bytes, facts: str = "") -> str:
    """The tag of an answer."""
    return f'"{_digest(facts.encode())}.{_digest(content)}"'


def is_same_answer(if_none_match: str, tag: str) -> bool:
    """Weak tags count as strong ones: gzip weakens them on their way."""
    return if_none_match.strip() == "*" or tag.strip('"') in _TAG.findall(if_none_match)


def are_same_facts(if_match: str, facts: str) -> bool:
    tags = _TAG.findall(if_match)
    return if_match.strip() == "*" or _digest(facts.encode()) in [
        tag.partition(".")[0] for tag in tags
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
