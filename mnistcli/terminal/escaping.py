"""Names that strangers chose, made fit for a line of a terminal or a file."""

CONTROLS = (*range(0x20), *range(0x7F, 0xA0))  # ASCII's, and ISO 8859-1's: 0x9b begins codes too
ESCAPES = {code: f"\\x{code:02x}" for code in CONTROLS} | str.maketrans(
    {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
)


def escape(name: str) -> str:
    r"""Return a name in one line: backslash as \\, tab and line ends as \t, \n, \r, others as \x1b.

    A name may come with someone else's archive; its escape codes are not for this terminal.
    """
    return name.translate(ESCAPES)
