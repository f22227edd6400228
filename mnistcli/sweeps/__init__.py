"""Runs that are compared: what is to be trained, and what can be said of it. Trains nothing."""
