"""Text in columns of equal width."""

from collections.abc import Sequence

GAP = "  "


def aligned(table: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Return the rows of a table, its header the first, as lines; numbers go to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        GAP.join(
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in table
    ]
