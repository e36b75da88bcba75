"""Old Excel files as bytes: a sheet of texts, which may claim to reach further than its cells."""

import struct
from collections.abc import Sequence

_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR = 512
_TEXTS, _CELL, _DIMENSIONS = 0x00FC, 0x00FD, 0x0200


def xls(cells: Sequence[tuple[int, int, str]], *, rows: int, columns: int, texts: int = 0) -> bytes:
    """`rows` and `columns`: how far the sheet says that it reaches; `texts`: how many texts the
    file says that it has."""
    count = texts or len(cells)
    written = b"".join(struct.pack("<HB", len(text), 0) + text.encode() for _r, _c, text in cells)
    shared = _record(_TEXTS, struct.pack("<II", count, count) + written)
    head = _begin(0x0005) + _record(0x0042, struct.pack("<H", 1200))
    start = len(head) + 13 + len(shared) + 4
    sheet = [
        _begin(0x0010),
        _record(_DIMENSIONS, struct.pack("<IIHHH", 0, rows, 0, columns, 0)),
        *(_record(_CELL, struct.pack("<HHHI", r, c, 0, n)) for n, (r, c, _t) in enumerate(cells)),
        _record(0x000A),
    ]
    named = _record(0x0085, struct.pack("<IBBBB", start, 0, 0, 1, 0) + b"S")
    return _container(b"".join([head, named, shared, _record(0x000A), *sheet]))


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _container(stream: bytes) -> bytes:
    """The compound file: header, table of sectors, directory, stream (at least 4,096 bytes)."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % _SECTOR)
    count = len(stream) // _SECTOR
    table = [_TABLE, _END, *range(3, count + 2), _END]
    table += [_FREE] * (_SECTOR // 4 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0")
    header += struct.pack("<HHHHH6x9I", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    directory = _entry("Root Entry", 5, _END, 0, 1) + _entry("Workbook", 2, 2, len(stream), _FREE)
    table_bytes = struct.pack(f"<{len(table)}I", *table)
    return header + table_bytes + directory.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
    text = (name + "\0").encode("utf-16le")
    return text.ljust(64, b"\0") + struct.pack(
        "<HBBIII36xIQ", len(text), kind, 1, _FREE, _FREE, child, start, size
    )
