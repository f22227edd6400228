"""A prediction as cells: those of a line of TSV, or of a row of a table."""

from mnistcli.reading.answers import answers
from mnistcli.reading.prediction import Prediction
from mnistcli.terminal.escaping import escape


def tsv_line(prediction: Prediction, top: int) -> str:
    """Return path, then text and probability of each of the top answers, tab-separated.

    A text of several lines is one here: its newlines are written as a backslash and an n.
    """
    texts = [text.replace("\n", "\\n") for text in cells(prediction, top)]
    return "\t".join([escape(prediction.path), *texts]) + "\n"


def cells(prediction: Prediction, top: int) -> list[str]:
    """Return text, probability, text, probability ...; a doubtful first text as `3?`."""
    if prediction.transcription is None:
        return []
    texts = []
    for text, probability in answers(prediction.transcription, top):
        texts += [text, f"{probability:.6f}"]
    if prediction.doubtful:
        texts[0] += "?"
    return texts
