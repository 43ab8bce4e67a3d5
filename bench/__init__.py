"""Figures: what Interlock costs, each measured side by side with something simpler in the same run."""
