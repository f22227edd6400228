"""Names that strangers chose, made fit for a line of a terminal or a file."""

import codecs
from typing import Any

CONTROLS = (*range(0x20), *range(0x7F, 0xA0))  # ASCII's, and ISO 8859-1's: 0x9b begins codes too
ESCAPES = {code: f"\\x{code:02x}" for code in CONTROLS} | str.maketrans(
    {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
)

PLAIN = {"█": b"#", "→": b"->", "…": b"..."}
"""What mnistcli itself writes, in ASCII."""

BYTES = range(0xDC00, 0xDD00)  # how Python has bytes of a file's name that are no text (PEP 383)


def escape(name: str) -> str:
    r"""Return a name in one line: backslash as \\, tab and line ends as \t, \n, \r, others as \x1b.

    A name may come with someone else's archive; its escape codes are not for this terminal.
    """
    return name.translate(ESCAPES)


def unencodable(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""Write what a stream's encoding lacks as \xe4, \u4e09; bytes that are no text as they came.

    An error handler, for streams whose readers have an older terminal, or none.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return b"".join(map(_written, text)), error.end


def _written(character: str) -> bytes:
    if ord(character) in BYTES:
        return bytes([ord(character) - BYTES[0]])
    return PLAIN.get(character, character.encode("unicode_escape"))


def never_fail(*streams: Any) -> None:
    """Let no character fail in being written to these streams."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=UNENCODABLE)


UNENCODABLE = "mnistcli.unencodable"
codecs.register_error(UNENCODABLE, unencodable)
