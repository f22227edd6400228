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

ACTIVATIONS = (
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh",
    "tanh_shrink",
)
"""Keras's activations that take each value on its own."""

LOSSES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "cosine_similarity",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
)
"""Keras's losses of probabilities over classes that are a mean over images."""

METRICS = (
    "accuracy",
    "auc",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "f1_score",
    "f_beta_score",
    "false_negatives",
    "false_positives",
    "hinge",
    "kl_divergence",
    "log_cosh_error",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "one_hot_mean_io_u",
    "poisson",
    "precision",
    "r2_score",
    "recall",
    "root_mean_squared_error",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
    "true_negatives",
    "true_positives",
)
"""Keras's metrics of probabilities over classes whose variables are sums over images."""

SHORT = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
    "swish": "silu",
}
"""What Keras and its readers call some of them."""

BATCHWISE = "it is no mean over images, and differs with how a batch is cut"
SHAPELESS = "it does not go with probabilities over classes"
PARAMETER = "it needs a number of its own"
UNSUITABLE = {
    "circle": SHAPELESS,
    "concordance_correlation": BATCHWISE,
    "ctc": SHAPELESS,
    "dice": BATCHWISE,
    "mean_absolute_percentage_error": "it divides by labels, most of which are 0",
    "pearson_correlation": BATCHWISE,
    "precision_at_recall": PARAMETER,
    "recall_at_precision": PARAMETER,
    "sensitivity_at_specificity": PARAMETER,
    "specificity_at_sensitivity": PARAMETER,
    "tversky": BATCHWISE,
}
"""Losses and metrics that Keras has and a training here cannot have, each with the reason."""

SIBLINGS = (
    "fashion-mnist",
    "kmnist",
    "qmnist",
    "emnist-digits",
    "emnist-letters",
    "emnist-balanced",
)
DATASETS = ("mnist", "synthetic", *SIBLINGS)
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

TRAINING, COMPLETE, DIVERGED, INTERRUPTED = STATUSES = (
    "training",
    "complete",
    "diverged",
    "interrupted",
)
"""What has become of a run; its own run.json knows all but the last."""
