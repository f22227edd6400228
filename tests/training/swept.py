"""How a small sweep is trained, whatever it compares."""

SETTINGS = (
    "--dataset",
    "synthetic",
    "--hidden",
    "16",
    "--epochs",
    "2",
    "--validation-split",
    "0.25",
)
