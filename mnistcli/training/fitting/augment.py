"""Random changes of images, inside the TensorFlow graph: of their geometry and of their ink."""

import math

from mnistcli.networks.framework import tf

SIDE = 28

# Each is drawn uniformly from -x to +x, anew for each image and epoch.
ROTATION = math.radians(10)
SHEAR = 0.15  # horizontal shift per row: handwriting slants more than it leans
SCALE = 0.10  # of the side, each axis on its own
SHIFT = 2.0  # pixels
CONTRAST = 0.3  # of its natural logarithm, about a middle grey: edges turn softer or sharper
BRIGHTNESS = 30.0  # grey levels, of ink alone: with the contrast, strokes turn thinner or thicker

MIDDLE, FULL = 127.5, 255.0  # grey levels


def draw(n: int, seed: tf.Tensor) -> tf.Tensor:
    """Return an (n, 10) float32 table of changes, a pure function of the seed.

    Row i is the change of example i, wherever in a batch, and on whichever device, it appears. The
    first eight columns are those of `tf.raw_ops.ImageProjectiveTransformV3`, and map output pixels
    to input pixels; the last two are the factor of contrast and the grey levels added.
    """
    u = tf.random.stateless_uniform((n, 8), seed, minval=-1.0, maxval=1.0)
    angle, shear = u[:, 0] * ROTATION, u[:, 1] * SHEAR
    scale_x, scale_y = 1 + u[:, 2] * SCALE, 1 + u[:, 3] * SCALE
    a, b = scale_x * tf.cos(angle), scale_y * (shear * tf.cos(angle) - tf.sin(angle))
    c, d = scale_x * tf.sin(angle), scale_y * (shear * tf.sin(angle) + tf.cos(angle))
    # The centre of the image stays where it is, but for the shift.
    centre = (SIDE - 1) / 2
    x = centre - (a + b) * centre + u[:, 4] * SHIFT
    y = centre - (c + d) * centre + u[:, 5] * SHIFT
    zero = tf.zeros(n)
    contrast, brightness = tf.exp(u[:, 6] * CONTRAST), u[:, 7] * BRIGHTNESS
    return tf.stack([a, b, x, c, d, y, zero, zero, contrast, brightness], axis=1)


def change(images: tf.Tensor, changes: tf.Tensor) -> tf.Tensor:
    """Return float32 images (n, 28, 28) 0..255 changed as an (n, 10) table says, zero outside."""
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=images[..., None],
        transforms=changes[:, :8],
        output_shape=(SIDE, SIDE),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[..., 0]
    contrast, brightness = changes[:, 8, None, None], changes[:, 9, None, None]
    inked = tf.clip_by_value((warped - MIDDLE) * contrast + (MIDDLE + brightness), 0.0, FULL)
    return tf.where(warped > 0, inked, 0.0)
