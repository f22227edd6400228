"""`from mnistcli import Classifier`: the library's face, which costs only those who look at it."""

import subprocess
import sys

import numpy as np
import pytest

import mnistcli


def test_importing_the_package_loads_neither_numpy_nor_tensorflow():
    code = "import sys, mnistcli; print({'numpy', 'tensorflow', 'keras', 'click'} & {*sys.modules})"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"set()\n"


def test_the_classifier_of_a_runs_folder_reads_images(runs_dir):
    from mnistcli import Classifier

    images = np.zeros((3, 28, 28), np.uint8)
    assert Classifier.load(runs_dir / "first").predict(images).shape == (3, 10)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'mnistcli' has no attribute 'Classifer'"):
        mnistcli.Classifer  # noqa: B018
