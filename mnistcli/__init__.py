"""Handwritten digits from the command line: fetch MNIST, train, evaluate, predict.

For programs: `from mnistcli import Classifier`. It is imported when it is asked for, because the
command line, which begins here too, should not wait for NumPy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistcli.reading.classifier import Classifier
else:

    def __getattr__(name: str) -> type:
        if name != "Classifier":
            raise AttributeError(f"module 'mnistcli' has no attribute {name!r}")
        from mnistcli.reading.classifier import Classifier

        return Classifier


__all__ = ["Classifier"]
__version__ = "0.1.0"
