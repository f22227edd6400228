"""Predictions as people and scripts read them: table, TSV or JSON, as they come.

TSV and JSON need nothing but the standard library, so that a script's `predict` stays quick.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator

from mnistcli.errors import PictureError
from mnistcli.reading.inputs import SUFFIXES
from mnistcli.reading.prediction import VERSION, Prediction
from mnistcli.runs.run import Run
from mnistcli.terminal.escaping import escape
from mnistcli.terminal.tsv import tsv_line


def write(
    predictions: Iterable[Prediction],
    run: Run,
    form: str,
    top: int,
    *,
    part: bool = False,
    aside: Callable[[], str] = str,
) -> None:
    """Write predictions to stdout as "table", "show" (a table with drawings), "tsv" or "json".

    What could not be read is said on stderr, and in the end what `aside` then has to say. Raises
    PictureError at the end if something could not be read, or if there was no picture at all: only
    as a `part` of a job may there be none.
    """
    counter = _Counter(predictions)
    if form == "json":
        _write_json(counter, run)
    elif form == "tsv":
        for prediction in counter:
            if prediction.transcription:
                sys.stdout.write(tsv_line(prediction, top))
    else:
        from mnistcli.terminal.views import pictures

        pictures.show(counter, top, draw=form == "show")
    if said := aside():
        sys.stderr.write(f"{escape(said)}\n")
    if counter.total == 0 and not part:
        raise PictureError(
            f"no picture found: expected files that end in {', '.join(SUFFIXES)}, in the folders "
            f"given or below them. A file of another name is read when it is named itself."
        )
    if counter.errors:
        raise PictureError(f"{counter.errors} of {counter.total} pictures could not be read.")


def _write_json(predictions: Iterable[Prediction], run: Run) -> None:
    """One object, written piece by piece: memory does not grow with the number of pictures."""
    head = json.dumps(
        {"version": VERSION, "run": str(run.path.absolute()), "classes": list(run.classes)}
    )
    sys.stdout.write(head[:-1] + ', "predictions": [')
    for number, prediction in enumerate(predictions):
        sys.stdout.write((",\n" if number else "\n") + json.dumps(prediction.to_json()))
    sys.stdout.write("\n]}\n")


class _Counter:
    """Counts predictions as they pass, and reports errors."""

    def __init__(self, predictions: Iterable[Prediction]) -> None:
        self._predictions = predictions
        self.total = 0
        self.errors = 0

    def __iter__(self) -> Iterator[Prediction]:
        for prediction in self._predictions:
            self.total += 1
            if prediction.error:
                self.errors += 1
                sys.stderr.write(f"{escape(prediction.path)}: {prediction.error}\n")
            yield prediction
