"""A picture that was read, with a box around each of its digits."""

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageDraw

from mnistcli.decoding.decode import decode
from mnistcli.errors import PictureError
from mnistcli.evaluation.texts import ReadPicture
from mnistcli.reading.inputs import read_file

SIDE = 360  # pixels of the longer side: what a few digits need to be told apart
MARGIN = 2  # pixels between a digit and its box
COLOUR = (213, 94, 0)  # Okabe & Ito 2008: vermilion


def boxed(picture: ReadPicture) -> NDArray[np.uint8]:
    """Return the picture (h, w, 3) as it is on paper, its digits in boxes.

    Where its file has gone since, return what the network saw of it, if it saw anything.
    """
    try:
        light = decode(read_file(picture.path))
    except PictureError:
        images = picture.images or (np.zeros((28, 28), np.uint8),)
        return np.repeat(255 - np.hstack(images)[..., None], 3, axis=2)
    image = PIL.Image.fromarray(light).convert("RGB")
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # What is enlarged shows its pixels.
    way = PIL.Image.Resampling.NEAREST if scale > 1 else PIL.Image.Resampling.BOX
    image = image.resize(size, way)
    scale = size[0] / picture.size[0]
    pen = ImageDraw.Draw(image)
    for left, top, width, height in picture.boxes:
        corners = (left * scale, top * scale, (left + width) * scale, (top + height) * scale)
        grown = [corner + MARGIN * (-1 if k < 2 else 1) for k, corner in enumerate(corners)]  # noqa: PLR2004 - left and top come first
        pen.rectangle(grown, outline=COLOUR, width=2)
    return np.asarray(image)
