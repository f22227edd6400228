"""The drawing page and its HTTP API, as `serve` offers them. `commands` alone enter."""
