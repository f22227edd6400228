"""What a network that has seen only digits drawn by code scores on real MNIST.

    python benchmarks/transfer.py MNIST_FOLDER [--runs N] [--test]

The folder holds MNIST's four gzipped IDX files. Without --test, the last 10,000 training images are
scored: use these to improve the drawing. The test images are for a final figure. Networks:

  book        Dense 512, Dense 10; rmsprop, batches of 128, 5 epochs
  cnn         conv 24@5x5, pool, conv 32@3x3, pool, dense 256, dense 10, batch-normalised; Adam
              warming up to 0.006 and cosine decay, batches of 256, 3 epochs
  cnn+affine  the same, each epoch on freshly turned, slanted, scaled and shifted digits
"""

import argparse
import gzip
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from mnistcli.datasets import idx
from mnistcli.datasets.synthetic.generator import draw_dataset

Bytes = NDArray[np.uint8]

NETWORKS = ("book", "cnn", "cnn+affine")
VALIDATION = 10_000


def main() -> None:
    """Draw, train, score, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mnist", type=Path, help="folder of MNIST's four gzipped IDX files")
    parser.add_argument("--runs", type=int, default=3, help="seeds of drawing and training")
    parser.add_argument("--train", type=int, default=60_000, help="synthetic digits to train on")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--test", action="store_true", help="score the test images, once")
    arguments = parser.parse_args()

    images, labels = read_mnist(arguments.mnist, "t10k" if arguments.test else "train")
    images, labels = images[-VALIDATION:], labels[-VALIDATION:]
    scores: dict[str, list[float]] = {name: [] for name in arguments.networks}
    for seed in range(1, arguments.runs + 1):
        start = time.perf_counter()
        drawn = list(draw_dataset(arguments.train, 0, seed=seed))
        print(f"run {seed}: {arguments.train} digits drawn in {time.perf_counter() - start:.1f} s")
        synthetic = np.concatenate([chunk.images for chunk in drawn])
        answers = np.concatenate([chunk.labels for chunk in drawn])
        for name, found in scores.items():
            keras.utils.set_random_seed(seed)
            model = train(name, synthetic, answers, seed)
            guesses = model.predict(images, batch_size=1000, verbose=0).argmax(axis=1)
            found.append(float((guesses == labels).mean()))
            worst = min((guesses[labels == d] == d).mean() for d in range(10))
            print(f"run {seed}: {name:10} accuracy {found[-1]:.4f}, worst digit {worst:.3f}")

    which = "test images" if arguments.test else "last 10,000 training images"
    print(f"trained on {arguments.train} synthetic digits, scored on MNIST's {which}:")
    for name, found in scores.items():
        spread = statistics.stdev(found) if len(found) > 1 else 0.0
        print(f"{name:10} {statistics.mean(found):.4f} +- {spread:.4f} (n={len(found)})")


def read_mnist(folder: Path, part: str) -> tuple[Bytes, Bytes]:
    """Return images (n, 28, 28) and labels (n,) of `train` or `t10k`."""
    images, labels = (
        idx.parse(gzip.decompress((folder / f"{part}-{name}-ubyte.gz").read_bytes()))
        for name in ("images-idx3", "labels-idx1")
    )
    return images, labels


def train(name: str, images: Bytes, labels: Bytes, seed: int) -> keras.Model:
    """Return the named network, trained on these images (n, 28, 28) and labels (n,)."""
    if name == "book":
        model = book()
        model.fit(images, labels, epochs=5, batch_size=128, verbose=0)
        return model
    epochs, batch = 3, 256
    model = cnn(steps=epochs * -(-len(images) // batch))
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        seen = affine(images, rng) if name == "cnn+affine" else images
        model.fit(seen, labels, epochs=1, batch_size=batch, verbose=0)
    return model


def book() -> keras.Model:
    """Return the network of Deep Learning with Python, chapter 2.1."""
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    return model


def cnn(steps: int) -> keras.Model:
    """Return a small convolutional network that will be trained for so many steps."""

    def normalised(layer: layers.Layer) -> list[layers.Layer]:
        return [layer, layers.BatchNormalization(), layers.ReLU()]

    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Reshape((28, 28, 1)),
            *normalised(layers.Conv2D(24, 5, use_bias=False)),
            layers.MaxPooling2D(),
            *normalised(layers.Conv2D(32, 3, use_bias=False)),
            layers.MaxPooling2D(),
            layers.Flatten(),
            *normalised(layers.Dense(256, use_bias=False)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - steps // 4, alpha=0.01, warmup_target=0.006, warmup_steps=steps // 4
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model


def affine(images: Bytes, rng: np.random.Generator) -> Bytes:
    """Return the images, each turned, slanted, scaled and shifted a little about its middle."""
    changed = np.empty_like(images)
    for target, image in zip(changed, images, strict=True):
        turn, slant = rng.normal(0, 0.12), rng.normal(0, 0.15)
        scale_x, scale_y = np.exp(rng.normal(0, 0.1, 2))
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = rotation @ np.array([[scale_x, slant], [0, scale_y]])
        shift = rng.uniform(-1.5, 1.5, 2) + 14 - matrix @ [14, 14]
        target[:] = cv2.warpAffine(image, np.column_stack([matrix, shift]), (28, 28))
    return changed


if __name__ == "__main__":
    main()
