"""The MNIST example of pytorch/examples, on the CPU, as described there.

    python benchmarks/torch_mnist.py path/to/mnist.npz [EPOCHS]

Convolutions of 32 and 64 3x3 filters, max pooling, dropout 0.25, dense 128, dropout 0.5; Adadelta
with learning rate 1.0, times 0.7 after each epoch; batch 64, 14 epochs. Images come from memory,
already normalised: no DataLoader to slow it down.
Prints one JSON line: seconds from import to the test accuracy, test accuracy and loss.
"""

import json
import sys
import time

started = time.perf_counter()

import numpy as np  # noqa: E402

try:
    import torch
except ModuleNotFoundError:
    sys.exit("torch is not installed: pip install torch, or leave this comparison out")
from torch import nn  # noqa: E402

MEAN, DEVIATION = 0.1307, 0.3081  # of the training images, as in the example
BATCH, TEST_BATCH, LEARNING_RATE, DECAY = 64, 1000, 1.0, 0.7
path, epochs = sys.argv[1], int((sys.argv[2:] or [14])[0])


def to_tensors(images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return normalised images (n, 1, 28, 28) float32 and labels (n,) int64."""
    pixels = torch.from_numpy(images).float().div(255).sub(MEAN).div(DEVIATION)
    return pixels.unsqueeze(1), torch.from_numpy(labels).long()


with np.load(path, allow_pickle=False) as archive:
    x_train, y_train = to_tensors(archive["x_train"], archive["y_train"])
    x_test, y_test = to_tensors(archive["x_test"], archive["y_test"])

torch.manual_seed(1)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Dropout(0.25),
    nn.Flatten(),
    nn.Linear(9216, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 10),
)
optimizer = torch.optim.Adadelta(model.parameters(), lr=LEARNING_RATE)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=DECAY)
loss_of = nn.CrossEntropyLoss()
for _ in range(epochs):
    model.train()
    for batch in torch.randperm(len(y_train)).split(BATCH):
        optimizer.zero_grad()
        loss_of(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
    scheduler.step()

model.eval()
with torch.no_grad():
    logits = torch.cat([model(batch) for batch in x_test.split(TEST_BATCH)])
print(
    json.dumps(
        {
            "script": "torch_mnist",
            "seconds": time.perf_counter() - started,
            "accuracy": (logits.argmax(1) == y_test).double().mean().item(),
            "loss": loss_of(logits, y_test).item(),
        }
    )
)
