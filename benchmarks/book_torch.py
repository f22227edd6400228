"""The book's network in PyTorch, as its tutorials train one.

    python benchmarks/book_torch.py path/to/mnist.npz

The script of `book.py` but for the library: 512 relu, 10 softmax, rmsprop with Keras's numbers,
batches of 128, 5 epochs; images come from memory, without a DataLoader. Prints one JSON line:
seconds from import to the test accuracy, test accuracy.
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

EPOCHS, BATCH = 5, 128

with np.load(sys.argv[1], allow_pickle=False) as archive:
    x_train, x_test = (
        torch.from_numpy(archive[f"x_{part}"]).reshape(-1, 784).float() / 255
        for part in ("train", "test")
    )
    y_train, y_test = (torch.from_numpy(archive[f"y_{part}"]).long() for part in ("train", "test"))

model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
loss_of = nn.CrossEntropyLoss()
for _ in range(EPOCHS):
    for batch in torch.randperm(len(y_train)).split(BATCH):
        optimizer.zero_grad()
        loss_of(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()

with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).double().mean().item()
print(
    json.dumps(
        {
            "script": "book_torch",
            "seconds": time.perf_counter() - started,
            "accuracy": accuracy,
        }
    )
)
