"""Event files for TensorBoard: the layout and names of Keras's own callback, without TensorBoard.

Keras's callback and `tf.summary.scalar` need the package tensorboard; `tf.summary.write` does not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mnistcli.networks.framework import keras, tf

FOLDER = "tensorboard"
VALIDATION = "val_"

# What tf.summary.scalar says of its values, so that TensorBoard draws them as a line.
SCALAR = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
    data_class="DATA_CLASS_SCALAR",
)


class EventFiles(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Writes each epoch's loss, accuracy and learning rate below `folder`.

    train/ and validation/ hold scalars of the same names, so that TensorBoard overlays their
    curves. Steps are epochs, counted from 1; a resumed training goes on in the same folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._writers: dict[str, tf.summary.SummaryWriter] = {}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write what Keras's loop reports; it counts epochs from 0."""
        logs = logs or {}
        trained = {name: value for name, value in logs.items() if not name.startswith(VALIDATION)}
        trained["learning_rate"] = float(self.model.optimizer.learning_rate)
        held = {
            name.removeprefix(VALIDATION): value
            for name, value in logs.items()
            if name.startswith(VALIDATION)
        }
        self._write("train", epoch + 1, trained)
        self._write("validation", epoch + 1, held)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()

    def _write(self, part: str, step: int, values: Mapping[str, float]) -> None:
        if not values:
            return
        if part not in self._writers:
            self._writers[part] = tf.summary.create_file_writer(str(self._folder / part))
        with self._writers[part].as_default():
            for name, value in values.items():
                tf.summary.write(
                    f"epoch_{name}", tf.constant(value, tf.float32), step, metadata=SCALAR
                )
        self._writers[part].flush()  # whoever watches sees every epoch
