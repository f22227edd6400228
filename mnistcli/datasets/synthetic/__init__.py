"""Digits drawn by code: how hands write, and a dataset of it. `datasets` fetches what it draws."""
