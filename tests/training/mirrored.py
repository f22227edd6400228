"""Train a network by two devices of this machine, or by none in particular; print what came out.

Usage: mirrored.py NETWORK DEVICES
"""

import sys

from mnistcli.networks.framework import tf

network, devices = sys.argv[1], int(sys.argv[2])
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)

from test_loop import digest, digits, records, train, variables  # noqa: E402 - uses the devices

strategy = tf.distribute.MirroredStrategy([f"CPU:{k}" for k in range(devices)])
trained, events = train(
    network,
    digits(500),
    strategy=strategy if devices > 1 else None,
    validation=digits(1100, seed=1),
    epochs=2,
    batch_size=200,
    augment=True,
)
print(strategy.num_replicas_in_sync)
print(digest(variables(trained)))
for record in records(events):
    print(record.loss, record.accuracy, record.val_loss, record.val_accuracy)
