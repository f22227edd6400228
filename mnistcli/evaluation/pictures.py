"""Measure a run on people's own pictures."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mnistcli.classes import are_digits
from mnistcli.decoding.decode import decode_sized
from mnistcli.errors import DatasetError, PictureError
from mnistcli.evaluation.labelled import LabelledPicture, labelled_pictures
from mnistcli.evaluation.metrics import measure
from mnistcli.evaluation.mistakes import Answers
from mnistcli.evaluation.scoring import PICTURES, Evaluation, Skipped, written
from mnistcli.evaluation.texts import ReadPicture, bare, measure_texts
from mnistcli.reading.classifier import Classifier
from mnistcli.reading.inputs import read_file
from mnistcli.reading.prediction import Prediction, predict_pictures
from mnistcli.runs.run import Run


def evaluate_pictures(
    run: Run,
    source: Path,
    engine: str = "auto",
    count: int | None = None,
    passed_over: Counter[str] | None = None,
) -> Evaluation:
    """Return what `run` scores on people's own labelled pictures, a folder or a CSV.

    They are read as having `count` digits each, or any number; one on which none is found is read
    wrongly. Pictures that cannot be opened are not counted, but listed; what else lies in the
    folder is counted in `passed_over`. Raises DatasetError, RunError, ModelError.
    """
    classifier = Classifier.load(run, engine)
    labelled = labelled_pictures(source, run.classes, passed_over)
    pictures, skipped = [], []
    predictions = predict_pictures((each.path for each in labelled), classifier, count=count)
    for each, prediction in zip(labelled, predictions, strict=True):
        try:
            pictures.append(_picture(each, prediction))
        except PictureError as error:
            skipped.append(Skipped(each.path, str(error)))
    if not pictures:
        raise DatasetError(
            f"none of the {len(labelled)} pictures in {source} could be opened; "
            f"the first: {skipped[0].path}: {skipped[0].reason}"
        )
    answers = _single(pictures, run.classes)
    metrics = measure(answers.probabilities, answers.labels, run.classes) if answers else None
    texts = measure_texts(pictures)
    return written(
        Evaluation(run, str(source), PICTURES, metrics, answers, skipped, texts, pictures)
    )


def _picture(labelled: LabelledPicture, prediction: Prediction) -> ReadPicture:
    """Return what was read on a picture: no text where no digit was found.

    Raises PictureError where it cannot be opened.
    """
    path, label, said = labelled.path, labelled.label, prediction.transcription
    if said is None:
        _, size = decode_sized(read_file(path))
        return ReadPicture(path, label, "", 0.0, (), size)
    text = bare(said.text) if are_digits(said.digits[0].classes) else said.text
    return ReadPicture(path, label, text, said.probability, said.digits, said.size)


def _single(pictures: Sequence[ReadPicture], classes: tuple[str, ...]) -> Answers | None:
    """Return the answers where every picture shows one digit; those not read as one are left out.

    None where a picture shows several, or none was read as one.
    """
    if any(each.label not in classes for each in pictures):
        return None
    ones = [each for each in pictures if len(each.digits) == 1]
    if not ones:
        return None
    return Answers(
        np.array([each.images[0] for each in ones], np.uint8),
        np.array([classes.index(each.label) for each in ones], np.uint8),
        np.array([each.digits[0].probabilities for each in ones], np.float32),
        [each.path for each in ones],
        classes,
    )
