"""Learning-rate schedules, from Keras's own classes only.

A saved model carries its optimizer, and the optimizer its schedule: a class of ours in there would
keep plain Keras from loading `model.keras`.
"""

from mnistcli.networks.framework import keras

WARMUP = 0.3  # share of all steps; Smith & Topin 2017 (arXiv:1708.07120) rise for 30 to 50 %
START = 1 / 25  # of the peak, as fast.ai and torch.optim.lr_scheduler.OneCycleLR do


def learning_rate(
    schedule: str, peak: float, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return what a Keras optimizer takes as its learning rate over `steps` steps.

    `constant` stays at the peak; `cosine` falls from it to zero; `one-cycle` climbs to it in a
    line over the first WARMUP of all steps, then falls to zero along a cosine.
    """
    if schedule == "constant":
        return peak
    if schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(peak, decay_steps=steps)
    warmup = round(WARMUP * steps)
    return keras.optimizers.schedules.CosineDecay(
        peak * START,
        decay_steps=max(1, steps - warmup),
        warmup_target=peak,
        warmup_steps=warmup,
    )
