"""What a network is made of: its layers, what they cost, and whether XLA makes them faster."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mnistcli.networks.framework import keras, tf
from mnistcli.runs.layers import Layer

COMPILED = {
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dropout",
    "ELU",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "InputLayer",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "PReLU",
    "RMSNormalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Subtract",
    "UnitNormalization",
}
"""Layers that XLA makes faster on a CPU. Compiled convolutions are 2.5 times slower there."""


def compiles(model: keras.Model) -> bool:
    """Return whether XLA makes a network faster: it holds nothing but layers known to gain."""
    known = isinstance(model, keras.Sequential | keras.src.models.Functional)
    return known and all(
        type(layer).__name__ in COMPILED and type(layer).__module__.startswith("keras.")
        for layer in model.layers
    )


def layers(model: keras.Model) -> tuple[Layer, ...]:
    """Return a network's layers in the order in which an image passes them.

    What is counted for the network as a whole, and for no layer, comes last, under its own name.
    """
    passes: dict[int, tuple[keras.Layer, list[str], tuple[int, ...]]] = {}

    def record(layer: keras.Layer, operations: list[str], output: Any) -> None:
        before = passes[id(layer)][1] if id(layer) in passes else []
        shape = tuple(tf.nest.flatten(output)[0].shape[1:])
        passes[id(layer)] = (layer, [*before, *operations], shape)

    with ExitStack() as stack:
        for layer in _leaves(model):
            stack.enter_context(_watched(layer, record))
        function = tf.function(lambda x: model(x, training=False), autograph=False)
        traced = function.get_concrete_function(tf.TensorSpec((1, 28, 28), tf.float32))
    flops = _flops(traced.graph)
    rows = [
        Layer(
            name=layer.name,
            kind=type(layer).__name__,
            output=shape,
            parameters=layer.count_params(),
            flops=sum(flops.get(name, 0) for name in operations),
        )
        for layer, operations, shape in passes.values()
    ]
    rest = Layer(
        name=model.name,
        kind=type(model).__name__,
        output=tuple(traced.outputs[0].shape[1:]),
        parameters=model.count_params() - sum(row.parameters for row in rows),
        flops=sum(flops.values()) - sum(row.flops for row in rows),
    )
    return (*rows, rest) if rest.parameters or rest.flops else tuple(rows)


def _leaves(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield the layers of a model and of the models in it; what a layer holds is its own affair."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


@contextmanager
def _watched(layer: keras.Layer, record: Callable[..., None]) -> Iterator[None]:
    """Record which operations a layer's call adds to the graph, and what it returns."""
    call = layer.call

    def watched(*args: Any, **kwargs: Any) -> Any:
        graph = tf.compat.v1.get_default_graph()
        before = len(graph.get_operations())
        output = call(*args, **kwargs)
        record(layer, [op.name for op in graph.get_operations()[before:]], output)
        return output

    object.__setattr__(layer, "call", watched)  # Keras would look at what is set
    try:
        yield
    finally:
        object.__delattr__(layer, "call")


def _flops(graph: tf.Graph) -> dict[str, int]:
    """Return how many floating-point operations each operation of a graph is."""
    profiler = tf.compat.v1.profiler
    counting = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    found = profiler.profile(graph=graph, options=counting.with_empty_output().build())
    nodes, flops = [found], {}
    while nodes:
        node = nodes.pop()
        nodes += node.children
        if node.float_ops:
            flops[node.name] = node.float_ops
    return flops
