"""Seeded histories: reorder, duplicate, drop, fail and crash, then see whether everything came out right."""
