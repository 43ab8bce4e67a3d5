"""Where builds run: one kind of runner a file or folder, each an implementation of `checks.ports.Runner`."""
