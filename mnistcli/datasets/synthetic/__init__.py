"""Digits drawn by code: how hands write, and a dataset of it. `datasets` alone enters."""
