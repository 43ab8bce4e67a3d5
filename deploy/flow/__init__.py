"""The story of CD, in chapters: one function per event, from what a build exports to what is live."""
