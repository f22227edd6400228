"""The training loop, on small datasets of drawn digits."""

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mnistcli.datasets.store import Split
from mnistcli.errors import ChoiceError, TrainingError
from mnistcli.networks import model
from mnistcli.networks.catalogue import NETWORKS, configure
from mnistcli.networks.framework import keras, tf
from mnistcli.training.fitting import graph, loop
from mnistcli.training.fitting.graph import EVALUATION_GROUP
from mnistcli.training.fitting.loop import Best, EpochEnd, Progress


def digits(n, seed=0):
    """Bars at ten places, with noise: easy to learn, and no two images alike."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, n).astype(np.uint8)
    images = rng.integers(0, 100, (n, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] += 150
    return Split(images, labels)


TRAIN = digits(300)
AT_ONCE = 512  # a batch size: all images in one step, thus one graph to trace
THREE_EPOCHS = {"epochs": 3, "batch_size": 64, "augment": True, "schedule": "one-cycle"}


def train(name="mlp", data=TRAIN, *, network=None, validation=None, callbacks=(), **choices):
    """Return the trained network and what its training yielded."""
    how = {key: choices.pop(key) for key in ("first_epoch", "best", "strategy") if key in choices}
    config = configure(model=name, **{"epochs": 1, "batch_size": 64, **choices})
    network = network or model.build(config, len(data.labels))
    events = list(
        loop.fit(network, data, config, validation=validation, callbacks=callbacks, **how)
    )
    return network, events


def test_the_last_quarter_is_of_the_first_images_where_it_should_be():
    config = configure(model="mlp", hidden=(2,), epochs=7, batch_size=64)
    network = model.build(config, len(TRAIN.labels))
    alone = tf.distribute.get_strategy()
    closing = graph.Trainer(network, TRAIN, config, alone, closing=100)
    fifth, sixth, last = (closing._begin(tf.constant(k, tf.int64))[0].numpy() for k in (5, 6, 7))
    assert np.array_equal(np.sort(fifth), np.arange(300))
    assert np.array_equal(np.bincount(sixth), np.full(100, 3))
    assert np.array_equal(np.bincount(last), np.full(100, 3))
    plain = graph.Trainer(network, TRAIN, config, alone)
    assert np.array_equal(plain._begin(tf.constant(5, tf.int64))[0], fifth)


def records(events):
    return [event.record for event in events if isinstance(event, EpochEnd)]


def variables(network):
    return [np.asarray(v) for v in (*network.variables, *network.optimizer.variables)]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def whole():
    """For each network, three epochs: it, the variables after the first, the epochs' records."""

    def watched(name):
        network = model.build(configure(model=name, **THREE_EPOCHS), len(TRAIN.labels))
        config = configure(model=name, **THREE_EPOCHS)
        found, after_first = [], None
        for event in loop.fit(network, TRAIN, config):
            if isinstance(event, EpochEnd):
                found.append(event.record)
                after_first = after_first or variables(network)
        return SimpleNamespace(
            variables=variables(network), after_first=after_first, records=found, config=config
        )

    return {name: watched(name) for name in NETWORKS}


@pytest.fixture(scope="module")
def after_an_epoch():
    """The weights of the mlp after one epoch."""
    network, _ = train(batch_size=AT_ONCE)
    return network.get_weights()


@pytest.mark.long
@pytest.mark.parametrize("name", list(NETWORKS))
def test_it_learns(name):
    _, events = train(name, digits(1000), epochs=5, augment=False)
    assert records(events)[-1].accuracy > 0.9


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(1, marks=pytest.mark.long),
        pytest.param(63, marks=pytest.mark.long),
        pytest.param(64, marks=pytest.mark.long),
        65,
        pytest.param(300, marks=pytest.mark.long),
    ],
)
def test_every_image_counts_once_in_an_epochs_loss_and_accuracy(size):
    # Nothing is learned at a rate of zero: the epoch measures what Keras's evaluate measures.
    data = digits(size)
    network, events = train(data=data, optimizer="sgd", learning_rate=1e-30)
    expected = network.evaluate(data.images, data.labels, verbose=0)
    assert [records(events)[0].loss, records(events)[0].accuracy] == pytest.approx(expected, 1e-5)
    assert int(network.optimizer.iterations) == -(-size // 64)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_step_is_the_step_that_keras_takes(name):
    data = digits(50)
    choices = {"optimizer": "sgd", "learning_rate": 0.1, "augment": False, "schedule": "constant"}
    ours, _ = train(name, data, batch_size=50, **choices)
    keras_ = model.build(configure(model=name, **choices), 50)
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=NETWORKS[name].label_smoothing)
    keras_.compile(keras_.optimizer, smoothed)
    keras_.train_on_batch(data.images, keras.utils.to_categorical(data.labels, 10))
    for mine, theirs in zip(ours.get_weights(), keras_.get_weights(), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-3)  # the order of sums differs


@pytest.mark.parametrize("name", [pytest.param("mlp", marks=pytest.mark.long), "cnn"])
def test_validation_measures_what_keras_measures(name):
    validation = digits(EVALUATION_GROUP + 7, seed=1)
    network, events = train(name, validation=validation)
    expected = network.evaluate(validation.images, validation.labels, verbose=0)
    record = records(events)[0]
    assert [record.val_loss, record.val_accuracy] == pytest.approx(expected, 1e-4)


SCRIPT = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_loop import digest_anew
print(digest_anew())
"""


def digest(values):
    return hashlib.sha256(b"".join(value.tobytes() for value in values)).hexdigest()


def digest_anew():
    """Return a digest of all variables of the cnn, trained anew."""
    return digest(variables(train("cnn", **THREE_EPOCHS)[0]))


@pytest.mark.long
def test_the_same_seed_gives_the_same_weights_in_another_process(whole):
    # Every day, `test_distribution.py` says it of the cnn, `test_session.py` of the book's network.
    command = [sys.executable, "-c", SCRIPT]
    other = subprocess.run(command, check=True, capture_output=True, text=True)
    assert other.stdout.split() == [digest(whole["cnn"].variables)]


def test_another_seed_shuffles_otherwise():
    def order(seed):
        config = configure(seed=seed, hidden=())
        network, alone = model.build(config, len(TRAIN.labels)), tf.distribute.get_strategy()
        trainer = graph.Trainer(network, TRAIN, config, alone)
        return trainer._begin(tf.constant(1, tf.int64))[0].numpy()

    first, again, other = (order(seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()
    assert sorted(other) == list(range(len(TRAIN.labels)))


@pytest.mark.parametrize("name", list(NETWORKS))
def test_training_goes_on_from_any_epoch_as_if_never_interrupted(name, whole):
    uninterrupted = whole[name]
    network = model.build(uninterrupted.config, len(TRAIN.labels))
    network.optimizer.build(network.trainable_variables)
    targets = (*network.variables, *network.optimizer.variables)
    for variable, value in zip(targets, uninterrupted.after_first, strict=True):
        variable.assign(value)
    _, rest = train(name, network=network, first_epoch=2, **THREE_EPOCHS)
    assert same(variables(network), uninterrupted.variables)
    assert [record.loss for record in records(rest)] == [
        record.loss for record in uninterrupted.records[1:]
    ]


def test_a_loss_that_is_no_number_ends_training_and_names_what_to_lower():
    with pytest.raises(TrainingError, match=r"epoch 1.*learning rate \(now 1e\+30, sgd\)"):
        train(optimizer="sgd", learning_rate=1e30)


WRONG = Split(digits(100, seed=2).images, (digits(100, seed=2).labels + 1) % 10)
"""The better the network, the worse it does on these."""
STOPPING = {"early_stopping": 2, "validation_split": 0.1}


def test_early_stopping_gives_back_the_best_weights(after_an_epoch):
    network, events = train(epochs=9, validation=WRONG, batch_size=AT_ONCE, **STOPPING)
    assert [record.epoch for record in records(events)] == [1, 2, 3]
    assert same(network.get_weights(), after_an_epoch)


def test_early_stopping_remembers_the_best_epoch_when_training_goes_on():
    network = model.build(configure(), len(TRAIN.labels))
    best = Best(1, 0.0, [np.full_like(w, 7) for w in network.get_weights()])
    choices = {"epochs": 9, "batch_size": AT_ONCE, **STOPPING}
    _, events = train(network=network, first_epoch=2, best=best, validation=WRONG, **choices)
    assert [record.epoch for record in records(events)] == [2, 3]
    assert (network.get_weights()[0] == 7).all()


def test_training_that_stopped_early_does_not_go_on():
    network = model.build(configure(), len(TRAIN.labels))
    best = Best(1, 0.0, network.get_weights())
    _, events = train(
        network=network, first_epoch=4, best=best, epochs=9, validation=WRONG, **STOPPING
    )
    assert events == []


def test_early_stopping_without_validation_is_refused():
    with pytest.raises(ChoiceError, match="--validation-split"):
        configure(early_stopping=2)


def test_progress_is_told_a_few_times_an_epoch_and_at_its_end():
    _, events = train(data=digits(2000), batch_size=10, hidden=())
    progress = [event for event in events if isinstance(event, Progress)]
    assert 10 <= len(progress) <= 20
    assert [event.step for event in progress] == sorted({event.step for event in progress})
    assert progress[-1].step == progress[-1].steps == 200


def test_keras_callbacks_are_called_and_may_stop_training():
    calls = []

    class Callback(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            calls.append((epoch, sorted(logs)))
            self.model.stop_training = epoch == 1

    _, events = train(epochs=5, validation=WRONG, callbacks=[Callback()], batch_size=AT_ONCE)
    assert calls == [(e, ["accuracy", "loss", "val_accuracy", "val_loss"]) for e in (0, 1)]
    assert len(records(events)) == 2
