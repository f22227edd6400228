"""A run's network, ready to classify."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from mnistcli.datasets import store
from mnistcli.errors import ModelError, RunError
from mnistcli.reading.classifier import Classifier


@pytest.fixture(scope="module")
def test_split(data_dir):
    return store.load(data_dir, "synthetic", "test")


@pytest.fixture(scope="module")
def classifier(runs_dir):
    return Classifier.load(runs_dir / "first")


@pytest.fixture(scope="module")
def probabilities(classifier, test_split):
    return classifier.predict(test_split.images)


def test_each_image_gets_ten_probabilities_that_sum_to_one(probabilities):
    assert probabilities.shape == (500, 10)
    assert probabilities.dtype == np.float32
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_litert_and_keras_agree_to_1e_5_in_every_probability(runs_dir, probabilities, test_split):
    by_keras = Classifier.load(runs_dir / "first", "keras").predict(test_split.images)
    np.testing.assert_allclose(probabilities, by_keras, atol=1e-5, rtol=0)


def test_auto_is_litert(runs_dir, probabilities, test_split):
    by_litert = Classifier.load(runs_dir / "first", "litert").predict(test_split.images)
    np.testing.assert_array_equal(probabilities, by_litert)


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257])
def test_the_answer_does_not_depend_on_the_size_of_the_batch(
    classifier, probabilities, test_split, n
):
    few = classifier.predict(test_split.images[:n])
    np.testing.assert_allclose(few, probabilities[:n], atol=1e-6)


def test_no_images_get_no_probabilities(classifier):
    assert classifier.predict(np.empty((0, 28, 28), np.uint8)).shape == (0, 10)


def test_images_in_any_memory_layout_are_read(classifier, test_split):
    views = np.asfortranarray(test_split.images[:3])
    np.testing.assert_array_equal(
        classifier.predict(views), classifier.predict(test_split.images[:3])
    )


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize(("engine", "name"), [("litert", "model.tflite"), ("keras", "model.keras")])
def test_a_model_that_is_not_what_training_wrote_is_refused(runs_dir, tmp_path, engine, name):
    shutil.copytree(runs_dir / "first", tmp_path / "run")
    with (tmp_path / "run" / name).open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(RunError, match="is not the file that training wrote"):
        Classifier.load(tmp_path / "run", engine)


@pytest.mark.parametrize("model", [b"", b"junk", bytes(1000)])
def test_bytes_that_are_no_model_are_refused(model):
    with pytest.raises(ModelError, match=r"LiteRT cannot use .* Train the run again"):
        Classifier.on_litert(model)


def test_the_library_needs_neither_click_nor_rich_nor_tensorflow(runs_dir):
    code = (
        "import sys\nimport numpy as np\nfrom mnistcli.reading.classifier import Classifier\n"
        "Classifier.load(sys.argv[1]).predict(np.zeros((1, 28, 28), np.uint8))\n"
        "sys.exit(', '.join({'click', 'rich', 'tensorflow', 'keras'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, runs_dir / "first"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
