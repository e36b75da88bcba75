"""Extracts texts of Django's templates for Babel (named in babel.cfg).

Django's own `templatize` turns a template into code that Babel's Python extractor reads. The
parameters are those of Babel's extractors; there are no options.
"""

import io
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO

from babel.messages.extract import extract_python


def extract(
    file: BinaryIO,
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[tuple]:
    from django.utils.translation.template import templatize

    code = templatize(file.read().decode())
    # Lines keep the template's indentation, which Python would refuse.
    code = "\n".join(line.strip() for line in code.splitlines())
    yield from extract_python(io.BytesIO(code.encode()), keywords, comment_tags, {})
