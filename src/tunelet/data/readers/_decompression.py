"""Decompression piece by piece, so that what a small file holds is never in memory at once, however much it is.

Each decoder goes through a file from its beginning and raises ValueError, or its library's own error, for broken data.
"""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from typing import BinaryIO

PIECE = 2**20  # bytes
_XZ_MEMORY = 2**28  # xz declares the memory that it wants; its highest preset wants 65 MiB
_ZSTD_WINDOW = 2**27  # what the zstd program accepts without being asked


def plain(file: BinaryIO) -> Iterator[bytes]:
    """The pieces of a file that is not compressed."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as unpacked:
        while piece := unpacked.read(PIECE):
            yield piece


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    import zstandard

    file.seek(0)
    decoder = None
    while rest := file.read(1024):  # a kilobyte becomes at most 32 MiB
        while rest:
            decoder = decoder or zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            try:
                yield decoder.decompress(rest)
            except zstandard.ZstdError as error:
                raise ValueError(str(error).removeprefix("zstd decompressor error: ")) from None
            rest = decoder.unused_data
            decoder = None if decoder.eof else decoder
    if decoder is not None:
        raise ValueError("it ends in the middle")


def _streams(new: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor], file: BinaryIO) -> Iterator[bytes]:
    """The pieces of a file of one or more streams, whose decoders have the interface that bzip2 and xz share."""
    file.seek(0)
    decoder, rest = new(), b""
    while True:
        if decoder.eof:
            rest = (decoder.unused_data or file.read(PIECE)).lstrip(b"\0")  # xz pads a stream with zeros
            if not rest:
                return
            decoder = new()
        elif decoder.needs_input:
            rest = file.read(PIECE)
            if not rest:
                raise ValueError("it ends in the middle")
        yield decoder.decompress(rest, PIECE)
        rest = b""


def _bzip2(file: BinaryIO) -> Iterator[bytes]:
    return _streams(bz2.BZ2Decompressor, file)


def _xz(file: BinaryIO) -> Iterator[bytes]:
    return _streams(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY), file)


DECODERS = {"gzip": _gzip, "zstd": _zstd, "bzip2": _bzip2, "xz": _xz}
