"""One module a command: parse, call one core function, show what came back.

They import Click and nothing heavy; the core is imported inside the callback.
"""
