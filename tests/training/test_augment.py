"""Random changes of images."""

import numpy as np

from mnistcli.networks.framework import tf
from mnistcli.training.fitting import augment

IMAGES = tf.constant(np.random.default_rng(0).integers(0, 256, (500, 28, 28)), tf.float32)
SEED = tf.constant([1, 2], tf.int64)


def test_a_change_of_an_image_is_a_function_of_seed_and_example():
    first, again = (augment.draw(5, SEED).numpy() for _ in range(2))
    assert np.array_equal(first, again)
    assert len(np.unique(first, axis=0)) == 5
    assert not np.array_equal(first, augment.draw(5, SEED + 1).numpy())


def test_an_image_is_changed_alike_wherever_it_stands_in_a_batch():
    images, changes = IMAGES[:20], augment.draw(20, SEED)
    order = np.random.default_rng(0).permutation(20)
    together = augment.change(images, changes).numpy()
    shuffled = augment.change(tf.gather(images, order), tf.gather(changes, order)).numpy()
    assert np.array_equal(shuffled, together[order])


def test_a_change_keeps_a_centred_dot_within_its_shift():
    image = np.zeros((500, 28, 28), np.float32)
    image[:, 13:15, 13:15] = 255
    changed = augment.change(tf.constant(image), augment.draw(500, SEED)).numpy()
    rows = (changed.sum(axis=2) * np.arange(28)).sum(axis=1) / changed.sum(axis=(1, 2))
    assert np.abs(rows - 13.5).max() < 1.3 * augment.SHIFT
    assert np.abs(rows.mean() - 13.5) < 0.2


def test_a_change_leaves_paper_blank_and_ink_between_0_and_255():
    changes = augment.draw(500, SEED)
    assert not augment.change(tf.zeros_like(IMAGES), changes).numpy().any()
    changed = augment.change(IMAGES, changes).numpy()
    assert changed.min() == 0
    assert changed.max() == 255


def test_a_change_makes_ink_fainter_or_stronger():
    grey = tf.fill((500, 28, 28), augment.MIDDLE)
    middles = augment.change(grey, augment.draw(500, SEED)).numpy()[:, 14, 14]
    assert np.abs(middles - augment.MIDDLE).max() <= augment.BRIGHTNESS
    assert middles.std() > augment.BRIGHTNESS / 2


def test_contrasts_are_lowered_as_often_as_raised():
    logarithms = np.log(augment.draw(500, SEED).numpy()[:, 8])
    assert np.abs(logarithms).max() <= augment.CONTRAST + 1e-6
    assert logarithms.std() > augment.CONTRAST / 2
    assert abs(logarithms.mean()) < augment.CONTRAST / 10


def test_with_higher_contrast_edges_are_sharper():
    image = np.full((1, 28, 28), 200, np.float32)
    image[:, :, 14:] = 50
    as_it_is = [1, 0, 0, 0, 1, 0, 0, 0]
    softer, sharper = (
        augment.change(tf.constant(image), tf.constant([[*as_it_is, contrast, 0]])).numpy()
        for contrast in (0.8, 1.25)
    )
    assert np.ptp(softer) < np.ptp(image) < np.ptp(sharper)
