"""Random affine changes of images, inside the TensorFlow graph."""

import math

from mnistcli.framework import tf

SIDE = 28

# Each is drawn uniformly from -x to +x, anew for each image and epoch.
ROTATION = math.radians(10)
SHEAR = 0.15  # horizontal shift per row: handwriting slants more than it leans
SCALE = 0.10  # of the side, each axis on its own
SHIFT = 2.0  # pixels


def draw(n: int, seed: tf.Tensor) -> tf.Tensor:
    """Return an (n, 8) float32 table of projective transforms, a pure function of the seed.

    Row i is the change of example i, wherever in a batch, and on whichever device, it appears.
    The columns are those of `tf.raw_ops.ImageProjectiveTransformV3`, and map output pixels to
    input pixels.
    """
    u = tf.random.stateless_uniform((n, 6), seed, minval=-1.0, maxval=1.0)
    angle, shear = u[:, 0] * ROTATION, u[:, 1] * SHEAR
    scale_x, scale_y = 1 + u[:, 2] * SCALE, 1 + u[:, 3] * SCALE
    a, b = scale_x * tf.cos(angle), scale_y * (shear * tf.cos(angle) - tf.sin(angle))
    c, d = scale_x * tf.sin(angle), scale_y * (shear * tf.sin(angle) + tf.cos(angle))
    # The centre of the image stays where it is, but for the shift.
    centre = (SIDE - 1) / 2
    x = centre - (a + b) * centre + u[:, 4] * SHIFT
    y = centre - (c + d) * centre + u[:, 5] * SHIFT
    zero = tf.zeros(n)
    return tf.stack([a, b, x, c, d, y, zero, zero], axis=1)


def warp(images: tf.Tensor, transforms: tf.Tensor) -> tf.Tensor:
    """Return float32 images (n, 28, 28) 0..255 changed by the (n, 8) transforms, zero outside."""
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=images[..., None],
        transforms=transforms,
        output_shape=(SIDE, SIDE),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    return warped[..., 0]
