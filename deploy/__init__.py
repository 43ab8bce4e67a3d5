"""CD: a version moves from environment to environment until it is in production."""
