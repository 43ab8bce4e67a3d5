"""What we know of AWS: how it is asked, and what it tells by itself."""
