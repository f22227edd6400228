"""The least that reading one 28x28 picture can take: NumPy, Pillow, LiteRT, one invocation.

Usage: bare_predict.py MODEL.tflite PICTURE.png
"""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

model, picture = sys.argv[1:]
image = np.asarray(Image.open(picture).convert("L"), np.float32)[None]
interpreter = Interpreter(model)
interpreter.allocate_tensors()
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
interpreter.invoke()
print(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).argmax())
