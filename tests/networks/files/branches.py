"""A functional network of two branches: one sees strokes, the other the whole image."""

import keras
from keras import layers


def build():
    """Return it."""
    images = keras.Input((28, 28))
    scaled = layers.Rescaling(1 / 255)(images)
    strokes = layers.Reshape((28, 28, 1))(scaled)
    strokes = layers.Conv2D(8, 5, strides=2)(strokes)
    strokes = layers.BatchNormalization()(strokes)
    strokes = layers.Flatten()(layers.ReLU()(strokes))
    whole = layers.Dense(32, activation="tanh")(layers.Flatten()(scaled))
    together = layers.Dropout(0.2)(layers.concatenate([strokes, whole]))
    return keras.Model(images, layers.Dense(10, activation="softmax")(together), name="branches")


def small():
    """Return softmax regression."""
    return keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
