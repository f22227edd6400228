"""A prediction as cells: those of a line of TSV, or of a row of a table."""

from mnistcli.reading.prediction import Prediction
from mnistcli.terminal.escaping import escape


def tsv_line(prediction: Prediction, top: int) -> str:
    """Return path, then digit and probability of each of the top answers, tab-separated."""
    return "\t".join([escape(prediction.path), *cells(prediction, top)]) + "\n"


def cells(prediction: Prediction, top: int) -> list[str]:
    """Return digit, probability, digit, probability ...; a doubtful first digit as `3?`."""
    texts = []
    for digit in prediction.ranking[:top]:
        texts += [str(digit), f"{(prediction.probabilities or ())[digit]:.6f}"]
    if prediction.doubtful:
        texts[0] += "?"
    return texts
