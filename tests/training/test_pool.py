"""Several datasets together, and a run's weights as the beginning of another."""

import shutil

import numpy as np
import pytest

from mnistcli.datasets import store
from mnistcli.errors import ChoiceError, DatasetError, RunError
from mnistcli.networks import model
from mnistcli.networks.catalogue import configure
from mnistcli.runs.run import Run
from mnistcli.training import checkpoint, pool, transfer
from mnistcli.training.session import resume_run, train_run


def stored(folder, name, classes, n=20):
    """Store n training images a class, each all of one grey that no other has."""
    labels = np.tile(np.arange(len(classes), dtype=np.uint8), n)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:] = np.arange(len(labels), dtype=np.uint8)[:, None, None]
    parts = {"train/images": images, "train/labels": labels}
    parts |= {"test/images": images[: len(classes)], "test/labels": labels[: len(classes)]}
    store.save(folder, name, parts, "here", "none", classes=classes)


def test_the_training_images_of_all_are_one_pool_and_the_rest_is_the_first_s(tmp_path):
    stored(tmp_path, "one", ("a", "b"))
    stored(tmp_path, "two", ("b", "a"), n=30)
    together = pool.open_pool(tmp_path, ("one", "two"))
    train, validation = together.train(0.25)
    assert (len(train.labels), len(validation.labels)) == (30 + 60, 10)
    assert together.test().classes == train.classes == ("a", "b")
    assert train.labels[30:].tolist() == [1, 0] * 30  # of two: b, a, b, a ...
    assert [each["name"] for each in together.identities] == ["one", "two"]
    assert together.digest != pool.open_pool(tmp_path, ("two", "one")).digest


def test_one_may_have_some_of_the_others_classes_only(tmp_path):
    stored(tmp_path, "few", ("7", "1"))
    stored(tmp_path, "all", tuple("0123456789"))
    together = pool.open_pool(tmp_path, ("few", "all"))
    assert together.classes == tuple("0123456789")
    assert set(together.test().labels.tolist()) == {7, 1}
    assert pool.open_pool(tmp_path, ("few",), known=tuple("0123456789")).classes[7] == "7"


def test_what_is_small_is_heard(tmp_path):
    stored(tmp_path, "few", ("a", "b"), n=2)
    stored(tmp_path, "many", ("a", "b"), n=100)
    train, _ = pool.open_pool(tmp_path, ("few", "many")).train(0.0, heard=True)
    assert len(train.labels) == 20 + 200
    assert np.unique(train.images[:20, 0, 0], return_counts=True)[1].tolist() == [5] * 4


def test_the_first_has_the_last_epochs_unless_it_is_the_smaller_one(parent, tmp_path):
    for name, n in (("few", 3), ("many", 4), ("as_many", 4)):
        stored(tmp_path, name, ("a", "b"), n)

    def closes(*names, epochs=2, parent=None):
        return pool.open_pool(tmp_path, names).closes(configure(None, parent, epochs=epochs))

    assert closes("many", "few")
    assert closes("many", "as_many")
    assert not closes("many")
    assert not closes("few", "many")
    stored(tmp_path, "more_classes", ("a", "b", "c"), 2)
    assert not closes("many", "more_classes")
    assert not closes("many", "few", epochs=1)
    assert not closes("many", "few", parent=parent)


def test_a_run_whose_last_epochs_were_the_first_s_alone_is_not_given_more(tmp_path):
    stored(tmp_path, "one", ("a", "b"))
    stored(tmp_path, "two", ("a", "b"), n=15)
    config = configure(dataset="one", added=("two",), epochs=2, hidden=(2,), validation_split=0.25)
    *_, trained = train_run(config, tmp_path, tmp_path / "runs", "both")
    assert trained.run.complete
    with pytest.raises(
        RunError, match="the last of its 2 were laid out to be of one's images alone"
    ):
        list(resume_run("both", {"epochs": 3}, tmp_path, tmp_path / "runs"))


def test_where_classes_do_not_agree_it_says_which(tmp_path):
    stored(tmp_path, "one", ("a", "b", "c"))
    stored(tmp_path, "two", ("b", "d"))
    with pytest.raises(DatasetError, match=r"only one has a, c, only two has d"):
        pool.open_pool(tmp_path, ("one", "two"))


@pytest.fixture(scope="module")
def parent(tiny_data_dir, tmp_path_factory):
    """A run that scaled its logits."""
    config = configure(dataset="synthetic", epochs=2, hidden=(16,), validation_split=0.25)
    *_, trained = train_run(config, tiny_data_dir, tmp_path_factory.mktemp("runs"), "parent")
    assert trained.run.temperature != 1
    return trained.run


def weights(data):
    return checkpoint.load(data).model


def test_a_training_begins_with_a_run_s_weights_as_they_were_before_calibration(parent):
    config = configure(None, parent)
    assert (config.model, config.hidden, config.dataset) == ("mlp", (16,), "synthetic")
    begun = weights(transfer.begun_with(parent, config, parent.classes, None))
    kept = [np.asarray(each) for each in model.load(parent.verified("model.keras")).weights]
    for ours, theirs in zip(begun[:2], kept[:2], strict=True):
        assert np.array_equal(ours, theirs)
    assert begun[2] == pytest.approx(kept[2] * parent.temperature, rel=1e-5)


def test_where_the_classes_are_others_the_last_layer_is_new(parent):
    config = configure(None, parent)
    begun = weights(transfer.begun_with(parent, config, ("a", "b", "c"), None))
    fresh = [np.asarray(each) for each in model.build(config, 1, None, 3).weights]
    assert np.array_equal(begun[2], fresh[2])
    assert begun[2].shape == (16, 3)
    assert not np.array_equal(begun[0], fresh[0])


def test_the_learning_rate_is_a_tenth_unless_given(parent):
    assert float(model.build(configure(None, parent), 1).optimizer.learning_rate) == pytest.approx(
        1e-4
    )
    given = configure(None, parent, learning_rate=0.5)
    assert float(model.build(given, 1).optimizer.learning_rate) == pytest.approx(0.5)
    assert configure(None, parent, optimizer="adam").learning_rate is None


@pytest.mark.parametrize("choices", [{"model": "cnn"}, {"hidden": (8,)}, {"dropout": 0.5}])
def test_the_network_is_the_run_s(parent, choices):
    with pytest.raises(ChoiceError, match="--from begins with the network of run parent, mlp"):
        configure(None, parent, **choices)


def test_it_goes_on_after_an_interruption_as_if_there_had_been_none(
    parent, tiny_data_dir, tmp_path
):
    config = configure(None, parent, epochs=2)
    *_, whole = train_run(config, tiny_data_dir, tmp_path, "whole", parent=parent)
    for event in (events := train_run(config, tiny_data_dir, tmp_path, "cut", parent=parent)):
        if type(event).__name__ == "Started":  # nothing is trained yet
            events.close()
            break
    *_, resumed = resume_run("cut", {}, tiny_data_dir, tmp_path)
    both = [Run.read(tmp_path / name).verified("model.keras") for name in ("whole", "cut")]
    for one, other in zip(*(model.load(each).get_weights() for each in both), strict=True):
        assert np.array_equal(one, other)
    assert [each.loss for each in resumed.history] == [each.loss for each in whole.history]


def test_one_that_never_took_the_weights_over_is_not_resumed(parent, tiny_data_dir, tmp_path):
    events = train_run(configure(None, parent), tiny_data_dir, tmp_path, "cut", parent=parent)
    next(event for event in events if type(event).__name__ == "Started")
    events.close()
    shutil.rmtree(tmp_path / "cut" / "checkpoint")
    with pytest.raises(
        RunError, match="stopped before it had taken over the weights of run parent"
    ):
        list(resume_run("cut", {}, tiny_data_dir, tmp_path))
