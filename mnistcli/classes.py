"""What a network tells apart: the names of classes, in the order of the labels."""

from collections.abc import Sequence

DIGITS = tuple("0123456789")
FEWEST, MOST = 2, 62
"""Classes of a dataset: 62 are the digits and both cases of the alphabet."""


def are_digits(classes: Sequence[str]) -> bool:
    """Return whether each class is one of the ten digits: only then numbers can be read."""
    return all(name in DIGITS for name in classes)
