"""The world around Interlock, on this machine: a GitHub that behaves, for demonstrations, tests and development."""
