"""What options may be: names only, so that the command line has them without importing the rest."""

OPTIMIZERS = (
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lamb",
    "lion",
    "muon",
    "nadam",
    "rmsprop",
    "schedulefreeadamw",
    "sgd",
)
"""Keras's built-in optimizers: the names of their classes in lower case.

Not listed: those that only wrap others (LossScaleOptimizer, MultiOptimizer).
"""

SCHEDULES = ("constant", "cosine", "one-cycle")
DATASETS = ("mnist", "synthetic")
STRATEGIES = ("auto", "single", "mirrored", "multi-worker")
"""Where a run is trained. Not part of its configuration: the steps are the same everywhere."""

ENGINES = ("auto", "litert", "keras")
"""What a network runs on."""

ORDERS = (
    "created",
    "name",
    "model",
    "dataset",
    "optimizer",
    "epochs",
    "seed",
    "accuracy",
    "seconds",
    "size",
    "status",
)
"""What a list of runs can be sorted by."""

TRAINING, COMPLETE, INTERRUPTED = STATUSES = ("training", "complete", "interrupted")
"""What has become of a run; its own run.json knows the first two."""
