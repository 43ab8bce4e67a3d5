"""The commands of `interlock`, one file for what belongs together."""
