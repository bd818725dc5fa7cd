"""The real kind of a file that is not an ONNX file, by its first bytes, and what to do with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """said: with its article; hint: one sentence."""

    said: str
    hint: str


_ONNX = "Name the network's ONNX file"
_EXPORT = "Export it as ONNX with the program that made it; fsvfx never loads pickles, which can run anything"
_UNPACK = "Unpack it, check what is in it, and name the ONNX file"
_TORCH = Kind("a PyTorch checkpoint (a pickle in a zip)", _EXPORT)
_PICKLE = Kind("a Python pickle", _EXPORT)
_ZIP = Kind("a zip archive", f"{_UNPACK}; of an insightface pack name the folder")
_WEB = Kind("a web page", "Download the file itself: the server sent a page, often one that asks to log in or confirm")
_LFS = Kind("a Git LFS pointer", "Fetch the file itself with `git lfs pull`, or download it from the project's page")
_SAFE = Kind(
    "a safetensors file: weights without a network", "Get the ONNX file; fsvfx's own packages are found by folder"
)
_OTHER_RUNTIME = "Get its ONNX file, or export it as ONNX"

_HEADS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b", Kind("a gzip archive", _UNPACK)),
    (b"7z\xbc\xaf'\x1c", Kind("a 7z archive", _UNPACK)),
    (b"Rar!", Kind("a RAR archive", _UNPACK)),
    (b"\xfd7zXZ", Kind("an xz archive", _UNPACK)),
    (b"BZh", Kind("a bzip2 archive", _UNPACK)),
    (b"version https://git-lfs", _LFS),
    (b"\x89HDF", Kind("an HDF5 file (Keras)", _OTHER_RUNTIME)),
    (b"\x93NUMPY", Kind("a NumPy array", _OTHER_RUNTIME)),
    (b"GGUF", Kind("a GGUF file", _OTHER_RUNTIME)),
    (b"\x89PNG", Kind("a picture", _ONNX)),
    (b"\xff\xd8\xff", Kind("a picture", _ONNX)),
    (b"\x7fELF", Kind("a program", _ONNX)),
    (b"MZ", Kind("a Windows program", _ONNX)),
    (b"%PDF", Kind("a PDF", _ONNX)),
    (b"ptrt", Kind("a TensorRT engine, for one card and one version", _OTHER_RUNTIME)),
    (b"ftrt", Kind("a TensorRT engine, for one card and one version", _OTHER_RUNTIME)),
    (b"7767517", Kind("an ncnn network", _OTHER_RUNTIME)),
)
_AT_FOUR = {b"TFL3": "a TensorFlow Lite file", b"ORTM": "a file in onnxruntime's own format"}


def kind_of(head: bytes) -> Kind | None:
    """For a file that starts with these bytes (4 KiB are enough); None if it may be an ONNX file."""
    if head.startswith(b"PK\x03\x04"):
        return _TORCH if b"/data.pkl" in head or b".format_version" in head else _ZIP
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return _PICKLE
    for start, kind in _HEADS:
        if head.startswith(start):
            return kind
    if head[4:8] in _AT_FOUR:
        return Kind(_AT_FOUR[head[4:8]], _OTHER_RUNTIME)
    if len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 28:
        return _SAFE
    if head[257:262] == b"ustar":
        return Kind("a tar archive", _UNPACK)
    return _text(head)


def _text(head: bytes) -> Kind | None:
    """ONNX files are never text: their first byte, 8, does not occur in text."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return _WEB
    if start.startswith((b"<?xml", b"<net")):
        return Kind("an XML file (OpenVINO)", _OTHER_RUNTIME)
    if head[:1] != b"\x08" and all(byte >= 32 or byte in b"\t\r\n\x0c" for byte in head[:512]):
        return Kind("a text file", _ONNX)
    return None
