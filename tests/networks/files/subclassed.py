"""A subclassed network with a layer of its own, which draws random numbers in training."""

import keras
from keras import layers, ops


class Gate(layers.Layer):
    """Multiplies by a learnt gate, to which noise is added in training."""

    def __init__(self, noise, **kwargs):
        super().__init__(**kwargs)
        self.noise = noise
        self.seeds = keras.random.SeedGenerator()

    def build(self, shape):
        self.gate = self.add_weight(shape=(shape[-1],), initializer="zeros", name="gate")

    def call(self, x, training=False):
        gate = self.gate
        if training:
            gate = gate + keras.random.normal(ops.shape(x), stddev=self.noise, seed=self.seeds)
        return x * ops.sigmoid(gate)


class Gated(keras.Model):
    """Scales, flattens, gates."""

    def __init__(self):
        super().__init__()
        self.stack = [
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            Gate(0.5),
            layers.Dense(10, activation="softmax"),
        ]

    def call(self, x, training=False):
        for layer in self.stack:
            x = layer(x, training=training) if isinstance(layer, Gate) else layer(x)
        return x


def build():
    """Return it."""
    return Gated()
