"""What a network is made of, as a run keeps it: a row a layer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Layer:
    """A layer of a network, or what the network does between its layers."""

    name: str
    kind: str
    """The name of its class."""
    output: tuple[int, ...]
    """Shape of what it makes of one image."""
    parameters: int
    flops: int
    """Floating-point operations for one image, additions and multiplications apart."""

    def to_json(self) -> dict[str, Any]:
        """Return the layer as a JSON object."""
        return asdict(self) | {"output": list(self.output)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the layer in such an object; raise KeyError, TypeError, ValueError."""
        return cls(
            name=str(value["name"]),
            kind=str(value["kind"]),
            output=tuple(int(side) for side in value["output"]),
            parameters=int(value["parameters"]),
            flops=int(value["flops"]),
        )
