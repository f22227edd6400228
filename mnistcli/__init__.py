"""Handwritten digits from the command line: fetch MNIST, train, evaluate, predict."""

__version__ = "0.1.0"
