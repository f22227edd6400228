"""Read a folder of 28x28 pictures as one would in a notebook: Pillow in a loop, keras.predict.

Usage: plain_predict.py MODEL.keras FOLDER
"""

import sys
from pathlib import Path

import keras
import numpy as np
from PIL import Image

model, folder = sys.argv[1:]
paths = sorted(Path(folder).rglob("*.png"))
images = np.stack([np.asarray(Image.open(path).convert("L")) for path in paths])
for path, row in zip(paths, keras.models.load_model(model).predict(images, verbose=0), strict=True):
    print(path, row.argmax(), row.max(), sep="\t")
