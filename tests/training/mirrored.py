"""Train a network by two devices of this machine, and print what came out.

Usage: mirrored.py NETWORK
"""

import sys


def outcome(name, strategy=None):
    """Return a digest of the variables, and the figures of each epoch, as text."""
    from test_loop import digest, digits, records, train, variables

    trained, events = train(
        name,
        digits(250),
        strategy=strategy,
        validation=digits(600, seed=1),
        epochs=1,
        batch_size=200,
        augment=True,
    )
    figures = (
        f"{each.loss} {each.accuracy} {each.val_loss} {each.val_accuracy}"
        for each in records(events)
    )
    return [digest(variables(trained)), *figures]


if __name__ == "__main__":
    from mnistcli.networks.framework import tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    print(mirrored.num_replicas_in_sync, *outcome(sys.argv[1], mirrored), sep="\n")
