"""What a group of images computes must follow from what it is given, or no run can be repeated."""

from mnistcli.errors import NetworkError
from mnistcli.networks.framework import tf

RANDOM = ("Random", "Multinomial", "TruncatedNormal")
REMEDY = (
    "Draw with keras.random, and give it a keras.random.SeedGenerator that is an attribute of the "
    "layer: then every run can be repeated."
)


def check(function: tf.types.experimental.ConcreteFunction) -> None:
    """Raise NetworkError where a traced pass reads variables that are not the network's own.

    Or where it draws random numbers that follow from no seed that it is given.
    """
    for variable in function.graph.variables:
        name = variable.name.partition(":")[0]
        raise NetworkError(
            f"the network uses the variable {name}, which belongs to none of its layers. "
            + (REMEDY if "seed" in name else "Make it one: layer.add_weight, set as an attribute.")
        )
    graph = function.graph.as_graph_def()
    bodies = [graph.node, *(each.node_def for each in graph.library.function)]
    for node in (node for body in bodies for node in body):
        if node.op.startswith(RANDOM) and not node.op.startswith("Stateless"):
            raise NetworkError(
                f"the network draws random numbers that no seed decides ({node.op}, at "
                f"{node.name}). {REMEDY}"
            )
