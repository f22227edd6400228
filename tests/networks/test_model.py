"""Building, saving, and exporting Keras models."""

import subprocess
import sys

import numpy as np
import pytest

from mnistcli.networks import model, schedule
from mnistcli.networks.catalogue import NETWORKS, configure
from mnistcli.reading.classifier import Classifier

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 28, 28)).astype(np.float32)


def built(name="mlp", **choices):
    return model.build(configure(model=name, **choices), training_images=1000)


def test_the_same_seed_begins_with_the_same_weights():
    first, second, other = (built(seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_without_a_learning_rate_the_optimizer_keeps_its_own():
    assert float(built(optimizer="sgd").optimizer.learning_rate) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("constant", [0.1, 0.1, 0.1, 0.1]),
        ("cosine", [0.1, 0.0794, 0.05, 0.0]),
        ("one-cycle", [0.004, 0.1, 0.0812, 0.0]),
    ],
)
def test_the_learning_rate_follows_its_schedule(name, rates):
    rate = schedule.learning_rate(name, 0.1, 100)
    at = rate if callable(rate) else lambda _: rate
    assert [float(at(step)) for step in (0, 30, 50, 100)] == pytest.approx(rates, abs=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_schedule_of_few_steps_has_finite_rates(steps):
    for name in ("cosine", "one-cycle"):
        rate = schedule.learning_rate(name, 0.1, steps)
        assert all(0 <= float(rate(step)) < 0.1 + 1e-6 for step in range(steps + 1))


def test_plain_keras_loads_a_saved_model_of_any_network_compiled(tmp_path):
    networks = {name: built(name) for name in ("cnn", "mlp")}
    for name, network in networks.items():
        network.optimizer.build(network.trainable_variables)
        model.save(network, tmp_path / f"{name}.keras")
    np.save(tmp_path / "pixels.npy", PIXELS)
    script = (
        "import keras, numpy, sys\n"
        "pixels = numpy.load('pixels.npy')\n"
        "for name in sys.argv[1:]:\n"
        "    model = keras.models.load_model(name + '.keras')\n"
        "    assert model.optimizer is not None and model.compiled\n"
        "    numpy.save(name, model(pixels))\n"
        "model.fit(pixels, numpy.zeros(7), verbose=0)\n"  # the last one: the cnn takes its time
    )
    subprocess.run([sys.executable, "-c", script, *networks], cwd=tmp_path, check=True)
    for name, network in networks.items():
        out = np.load(tmp_path / f"{name}.npy")
        assert out == pytest.approx(network(PIXELS).numpy(), abs=1e-6)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_litert_gives_the_probabilities_that_keras_gives_and_says_what_is_strange(name):
    network = built(name)
    images = PIXELS.astype(np.uint8)
    classifier = Classifier.on_litert(model.to_litert(network, images))
    for batch in (1, 7):
        probabilities, strangeness = classifier.judge(images[:batch])
        assert probabilities == pytest.approx(network(PIXELS[:batch]).numpy(), abs=1e-5)
        assert strangeness.shape == (batch,)
        assert ((strangeness >= 0) & (strangeness <= 1)).all()


@pytest.mark.parametrize("name", list(NETWORKS))
def test_scaled_logits_give_the_probabilities_at_that_temperature(name):
    network = built(name)
    before = network(PIXELS).numpy()
    model.scale_logits(network, 2.5)
    scaled = before ** (1 / 2.5)
    expected = scaled / scaled.sum(axis=1, keepdims=True)
    assert network(PIXELS).numpy() == pytest.approx(expected, abs=1e-5)
