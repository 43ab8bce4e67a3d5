"""The GitHub App that hears the world, remembers, and acts."""
