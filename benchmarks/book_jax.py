"""The book's network, as someone who knows JAX would train it: an epoch is one compiled program.

    python benchmarks/book_jax.py path/to/mnist.npz

The script of `book.py` but for the library: 512 relu, 10 softmax, rmsprop as Keras has it, batches
of 128, 5 epochs. Prints one JSON line: seconds from import to the test accuracy, test accuracy.
"""

import json
import sys
import time

started = time.perf_counter()

import numpy as np  # noqa: E402

try:
    import jax
except ModuleNotFoundError:
    sys.exit("jax is not installed: pip install jax, or leave this comparison out")
from jax import numpy as jnp  # noqa: E402

EPOCHS, BATCH, LEARNING_RATE, RHO, EPSILON = 5, 128, 0.001, 0.9, 1e-7

Arrays = list[jax.Array]

with np.load(sys.argv[1], allow_pickle=False) as archive:
    x_train, x_test = (
        archive[f"x_{part}"].reshape(-1, 784).astype("float32") / 255 for part in ("train", "test")
    )
    y_train, y_test = archive["y_train"], archive["y_test"]


def logits(weights: Arrays, images: jax.Array) -> jax.Array:
    """Return (n, 10) of images (n, 784)."""
    w1, b1, w2, b2 = weights
    return jax.nn.relu(images @ w1 + b1) @ w2 + b2


def loss(weights: Arrays, images: jax.Array, labels: jax.Array) -> jax.Array:
    """Return the mean cross-entropy."""
    logs = jax.nn.log_softmax(logits(weights, images))
    return -jnp.take_along_axis(logs, labels[:, None], 1).mean()


def step(state: tuple[Arrays, Arrays], batch: tuple[jax.Array, jax.Array]) -> tuple:
    """Do one step of rmsprop."""
    weights, squares = state
    gradients = jax.grad(loss)(weights, *batch)
    squares = [RHO * s + (1 - RHO) * g * g for s, g in zip(squares, gradients, strict=True)]
    moved = zip(weights, gradients, squares, strict=True)
    return ([w - LEARNING_RATE * g / jnp.sqrt(s + EPSILON) for w, g, s in moved], squares), None


@jax.jit
def epoch(
    state: tuple[Arrays, Arrays], images: jax.Array, labels: jax.Array, key: jax.Array
) -> tuple[Arrays, Arrays]:
    """Train on all images in a new order, the few that fill no batch last."""
    order = jax.random.permutation(key, len(labels))
    full = len(labels) // BATCH * BATCH
    batches = order[:full].reshape(-1, BATCH)
    state, _ = jax.lax.scan(lambda s, rows: step(s, (images[rows], labels[rows])), state, batches)
    rest = order[full:]
    return step(state, (images[rest], labels[rest]))[0]


first, second, *keys = jax.random.split(jax.random.key(0), 2 + EPOCHS)
glorot = jax.nn.initializers.glorot_uniform()
weights = [glorot(first, (784, 512)), jnp.zeros(512), glorot(second, (512, 10)), jnp.zeros(10)]
state = (weights, [jnp.zeros_like(each) for each in weights])
images, labels = jnp.asarray(x_train), jnp.asarray(y_train, jnp.int32)
for key in keys:
    state = epoch(state, images, labels, key)
accuracy = (logits(state[0], jnp.asarray(x_test)).argmax(1) == y_test).mean()
print(
    json.dumps(
        {
            "script": "book_jax",
            "accuracy": float(accuracy),
            "seconds": time.perf_counter() - started,
        }
    )
)
