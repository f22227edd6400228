"""The book's script: Chollet, "Deep Learning with Python", chapter 2.1, as published.

    python benchmarks/book.py path/to/mnist.npz

Prints one JSON line: seconds from import to the test accuracy, seconds of each epoch, test
accuracy and loss. A callback times the epochs; there is no progress bar.
"""

import json
import sys
import time
from itertools import pairwise

started = time.perf_counter()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

EPOCHS = 5

with np.load(sys.argv[1], allow_pickle=False) as archive:
    train_images, train_labels = archive["x_train"], archive["y_train"]
    test_images, test_labels = archive["x_test"], archive["y_test"]

train_images = train_images.reshape((60000, 28 * 28))
train_images = train_images.astype("float32") / 255
test_images = test_images.reshape((10000, 28 * 28))
test_images = test_images.astype("float32") / 255

model = keras.Sequential(
    [layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")]
)
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
marks = []
clock = keras.callbacks.LambdaCallback(
    on_train_begin=lambda _logs: marks.append(time.perf_counter()),
    on_epoch_end=lambda _epoch, _logs: marks.append(time.perf_counter()),
)
model.fit(train_images, train_labels, epochs=EPOCHS, batch_size=128, verbose=0, callbacks=[clock])
loss, accuracy = model.evaluate(test_images, test_labels, verbose=0)
print(
    json.dumps(
        {
            "script": "book",
            "seconds": time.perf_counter() - started,
            "epochs": [end - begin for begin, end in pairwise(marks)],
            "accuracy": accuracy,
            "loss": loss,
        }
    )
)
