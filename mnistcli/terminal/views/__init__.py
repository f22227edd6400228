"""What each command shows, a module a command. `commands` enter."""
