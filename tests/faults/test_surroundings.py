"""Other programs' settings, in the environment and at home, and what users have at home."""

import json
import os
import subprocess
import sys

import pytest


def python(code, **environment):
    """Run some Python in a process of its own; return what it printed, as JSON."""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def home(tmp_path):
    """A home that holds nothing yet; what appears in it, somebody put there."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


KERAS = (
    "import json\n"
    "from mnistcli.networks.framework import keras\n"
    "config = keras.config\n"
    "print(json.dumps([config.backend(), config.floatx(), config.image_data_format(),\n"
    "    config.epsilon(), config.max_steps_per_epoch(), keras.src.backend.config.keras_home()]))"
)
AS_SHIPPED = ["tensorflow", "float32", "channels_last", 1e-7, None]


def test_settings_of_keras_change_nothing_and_are_not_changed(home):
    settings = {
        "backend": "torch",
        "floatx": "float16",
        "image_data_format": "channels_first",
        "epsilon": 0.5,
    }
    (home / ".keras").mkdir()
    (home / ".keras" / "keras.json").write_text(json.dumps(settings))
    *config, keras_home = python(
        KERAS, HOME=str(home), KERAS_BACKEND="jax", KERAS_MAX_STEPS_PER_EPOCH="1"
    )
    assert config == AS_SHIPPED
    assert keras_home == str(home / ".keras")  # where a user's own network still finds its files
    assert json.loads((home / ".keras" / "keras.json").read_text()) == settings


def test_keras_leaves_nothing_at_home(home):
    *config, keras_home = python(KERAS, HOME=str(home), KERAS_HOME=str(home / "own"))
    assert config == AS_SHIPPED
    assert keras_home == str(home / "own")
    assert everything_below(home) == []
