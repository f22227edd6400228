"""Measure a saved model on MNIST's test images as one would in a notebook.

Usage: plain_evaluate.py MODEL.keras MNIST.npz
"""

import sys

import keras
import numpy as np

model, npz = sys.argv[1:]
with np.load(npz, allow_pickle=False) as archive:
    images, labels = archive["x_test"], archive["y_test"]
print(keras.models.load_model(model).evaluate(images, labels, verbose=0))
