"""What may stand in a .keras archive: checked before Keras reads a word of it.

Keras's safe mode refuses lambdas, but its archives can name any importable class. Ours hold three
files and built-in layers that compute, and nothing else is let in.
"""

import io
import json
import zipfile
from typing import Any

from mnistcli.errors import ModelError

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
MAX_SIZE = 256 * 2**20  # bytes unpacked; our largest network with its optimizer has 10 MB

MODULES = {
    "keras",
    "keras.constraints",
    "keras.initializers",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.regularizers",
}
LAYERS = frozenset(
    [
        "Activation",
        "ActivityRegularization",
        "Add",
        "AdditiveAttention",
        "AlphaDropout",
        "Attention",
        "Average",
        "AveragePooling1D",
        "AveragePooling2D",
        "BatchNormalization",
        "Bidirectional",
        "Concatenate",
        "Conv1D",
        "Conv1DTranspose",
        "Conv2D",
        "Conv2DTranspose",
        "ConvLSTM2D",
        "Cropping1D",
        "Cropping2D",
        "Dense",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "Dot",
        "Dropout",
        "ELU",
        "EinsumDense",
        "Embedding",
        "Flatten",
        "GRU",
        "GRUCell",
        "GaussianDropout",
        "GaussianNoise",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GroupNormalization",
        "Identity",
        "InputLayer",
        "LSTM",
        "LSTMCell",
        "LayerNormalization",
        "LeakyReLU",
        "Masking",
        "MaxPooling1D",
        "MaxPooling2D",
        "Maximum",
        "Minimum",
        "MultiHeadAttention",
        "Multiply",
        "Normalization",
        "PReLU",
        "Permute",
        "RMSNormalization",
        "RNN",
        "RandomBrightness",
        "RandomContrast",
        "RandomCrop",
        "RandomErasing",
        "RandomFlip",
        "RandomGaussianBlur",
        "RandomRotation",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
        "ReLU",
        "RepeatVector",
        "Rescaling",
        "Reshape",
        "Resizing",
        "SeparableConv1D",
        "SeparableConv2D",
        "SimpleRNN",
        "SimpleRNNCell",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpectralNormalization",
        "StackedRNNCells",
        "Subtract",
        "TimeDistributed",
        "UnitNormalization",
        "UpSampling1D",
        "UpSampling2D",
        "ZeroPadding1D",
        "ZeroPadding2D",
    ]
)
"""Layers that only compute: none reads files, runs stored code, or wraps another framework."""


def check(data: bytes) -> None:
    """Raise ModelError unless `data` is a .keras archive that is safe to hand to Keras."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if sorted(names) != sorted(MEMBERS):
                raise ModelError(
                    f"the .keras archive is not one of ours: expected {', '.join(sorted(MEMBERS))}"
                    f", got {', '.join(map(repr, names[:9]))}. Train the run again."
                )
            if sum(member.file_size for member in members) > MAX_SIZE:
                raise ModelError(
                    f"the .keras archive unpacks to more than {MAX_SIZE // 2**20} MiB; no network "
                    f"of ours does. Train the run again."
                )
            _check_config(json.loads(archive.read("config.json")))
    except (zipfile.BadZipFile, ValueError, RecursionError, RuntimeError, EOFError) as error:
        raise ModelError(
            f"the .keras archive is damaged: {' '.join(str(error).split())}. Train the run again."
        ) from error


def _check_config(value: Any) -> None:
    """Walk a configuration; every object in it must be a built-in that is known to be harmless."""
    if isinstance(value, list):
        for each in value:
            _check_config(each)
    elif isinstance(value, dict):
        if "class_name" in value or "module" in value or "registered_name" in value:
            _check_object(value)
        for each in value.values():
            _check_config(each)


def _check_object(value: dict[str, Any]) -> None:
    module, name = value.get("module"), value.get("class_name")
    known = module in MODULES and value.get("registered_name") in (None, name)
    if module == "keras.layers":
        known = known and name in LAYERS
    elif (module, name) == ("keras.src.models.functional", "Functional"):
        known = True  # as Keras names it where it is not the outermost
    elif (module, name) == ("keras.src.ops.numpy", "Log"):
        known = True  # an ensemble's
    elif name == "__keras_tensor__":
        known = set(value) <= {"class_name", "config"}  # shape and origin of what a graph passes on
    elif module == "keras":
        known = known and name in ("Sequential", "Functional", "DTypePolicy")
    if not known:
        raise ModelError(
            f"the .keras archive asks for {module}.{name}: expected Keras's built-in layers only, "
            f"and no program is run out of a run folder. It was not opened. A network with layers "
            f"of its own is served by LiteRT: leave --engine keras out."
        )
