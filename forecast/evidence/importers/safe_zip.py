"""Single members of an archive, read into memory within bounds that hold whatever the archive claims of itself.

Nothing is ever extracted. The standard library inflates a chunk of input whole, however much comes out of it, and
before Python 3.14 knows no zstd; so members are inflated here, output first.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

from priors.problems import BadInput, Problem

LARGEST_DIRECTORY = 4 * 2**20
MOST_MEMBERS = 20_000
LARGEST_RATIO = 200
RATIO_COUNTS_FROM = 2**20
LARGEST_WINDOW = 2**26
_STORED, _DEFLATE, _ZSTD = 0, 8, 93
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"


def members(path: Path, *, file: str) -> dict[str, zipfile.ZipInfo]:
    """What the archive lists, by name. Raises BadInput where it is damaged, too large or has a name that leads out."""
    try:
        with path.open("rb") as stream:
            _check_directory(stream, file=file)
            with zipfile.ZipFile(stream) as archive:
                infos = archive.infolist()
    except BadInput:
        raise
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError, IndexError, OSError):
        raise _bad(file, "the file", "damaged", "a zip archive") from None
    if len(infos) > MOST_MEMBERS:
        raise _bad(file, "the file", f"an archive of {len(infos):,} members", f"at most {MOST_MEMBERS:,}")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename
        parts = name.rstrip("/").split("/")
        if not name.isprintable() or "\\" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
            raise _bad(file, f"the member {ascii(name)[:80]}", "named so that it leads elsewhere", "a plain name")
        if name in found:
            raise _bad(file, f"the member {ascii(name)[:80]}", "there twice", "one of each name")
        found[name] = info
    return found


def content(path: Path, info: zipfile.ZipInfo, *, file: str, largest: int) -> bytes:
    """One member of at most `largest` bytes. Raises BadInput."""
    where = f"the member {ascii(info.filename)[:80]}"
    if info.flag_bits & 0x1:
        raise _bad(file, where, "encrypted", "a member anybody can read")
    if info.file_size > largest or info.compress_size > largest:
        raise _bad(file, where, f"{max(info.file_size, info.compress_size):,} bytes long", f"at most {largest:,}")
    if info.file_size > RATIO_COUNTS_FROM and info.file_size > LARGEST_RATIO * info.compress_size:
        raise _bad(file, where, "compressed beyond belief", f"a ratio of at most {LARGEST_RATIO}")
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        local = stream.read(30)
        if len(local) < 30 or not local.startswith(b"PK\x03\x04"):
            raise _bad(file, where, "damaged", "a member where the directory says")
        stream.seek(sum(struct.unpack("<HH", local[26:30])), io.SEEK_CUR)
        raw = stream.read(info.compress_size)
    data = _inflate(raw, info.compress_type, largest=largest)
    if data is None:
        raise _bad(file, where, f"compressed by method {info.compress_type}", "stored, deflated or zstd, and whole")
    if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
        raise _bad(file, where, "damaged", "the length and the checksum that the archive states")
    return data


def _inflate(raw: bytes, method: int, *, largest: int) -> bytes | None:
    """At most largest + 1 bytes; None where it cannot be done."""
    if method == _STORED:
        return raw
    if method == _DEFLATE:
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, largest + 1)
        except zlib.error:
            return None
    if method == _ZSTD:
        import zstandard

        try:
            reader = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).stream_reader(io.BytesIO(raw))
            return reader.read(largest + 1)
        except zstandard.ZstdError:
            return None
    return None


def _check_directory(stream: io.BufferedReader, *, file: str) -> None:
    """Bound the directory before the standard library reads it whole: it goes by the length stated at the end."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - 22 - 20 - 0xFFFF))
    tail = stream.read()
    start = len(tail) - 22 if tail[-22:-18] == _END and tail.endswith(b"\0\0") else tail.rfind(_END)
    if start < 0 or len(tail) - start < 22:
        raise _bad(file, "the file", "damaged", "a zip archive with its directory at the end")
    length = struct.unpack("<I", tail[start + 12 : start + 16])[0]
    if length > LARGEST_DIRECTORY or tail[max(0, start - 20) :].startswith(_END_64):
        raise _bad(file, "the file", "an archive with a huge directory", f"at most {LARGEST_DIRECTORY:,} bytes of it")
    stream.seek(0)


def _bad(file: str, where: str, found: str, expected: str) -> BadInput:
    remedy = "Fetch the publisher's file again, and import it as it is."
    return BadInput([Problem(file=file, where=where, found=found, expected=expected, remedy=remedy)])
