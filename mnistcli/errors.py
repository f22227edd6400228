"""What can go wrong, as one exception root and its few children.

Each message says what happened, what was expected, what was found, and what to do next.
"""


class MnistcliError(Exception):
    """The root of every error that mnistcli raises on purpose."""


class ChoiceError(MnistcliError):
    """What was chosen on the command line does not go together: wrong usage."""


class DatasetError(MnistcliError):
    """A dataset is missing, damaged, or not what it claims to be."""


class DownloadError(MnistcliError):
    """A mirror did not deliver."""


class RunError(MnistcliError):
    """A run folder is missing, unfinished, damaged, or in the way."""


class BusyError(RunError):
    """Another process trains the run."""


class ModelError(MnistcliError):
    """A saved model cannot be opened."""


class ConversionError(MnistcliError):
    """LiteRT lacks what a network computes."""


class NetworkError(MnistcliError):
    """A network that the user built cannot be trained."""


class TrainingError(MnistcliError):
    """Training cannot go on."""


class DivergedError(TrainingError):
    """The loss, or a weight, is a finite number no more."""


class PictureError(MnistcliError):
    """A picture cannot be read, or holds no digit."""


class ServeError(MnistcliError):
    """The page cannot be served at this address."""


class BelowThresholdError(MnistcliError):
    """A measured accuracy is below the one that was asked for."""
