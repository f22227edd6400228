"""Keras's simple MNIST convnet example (keras.io/examples/vision/mnist_convnet), as described.

    python benchmarks/keras_convnet.py path/to/mnist.npz

Two convolutions of 32 and 64 3x3 filters, each with max pooling; dropout 0.5; Adam, batch 128,
15 epochs, the last tenth of the training images held out for validation.
Prints one JSON line: seconds from import to the test accuracy, test accuracy and loss.
"""

import json
import sys
import time

started = time.perf_counter()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

CLASSES = 10

with np.load(sys.argv[1], allow_pickle=False) as archive:
    x_train, y_train = archive["x_train"], archive["y_train"]
    x_test, y_test = archive["x_test"], archive["y_test"]

x_train = np.expand_dims(x_train.astype("float32") / 255, -1)
x_test = np.expand_dims(x_test.astype("float32") / 255, -1)
y_train = keras.utils.to_categorical(y_train, CLASSES)
y_test = keras.utils.to_categorical(y_test, CLASSES)

model = keras.Sequential(
    [
        keras.Input(shape=(28, 28, 1)),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(CLASSES, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=15, validation_split=0.1, verbose=0)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(
    json.dumps(
        {
            "script": "keras_convnet",
            "seconds": time.perf_counter() - started,
            "accuracy": accuracy,
            "loss": loss,
        }
    )
)
