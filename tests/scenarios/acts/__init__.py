"""The acts of the story from a public application to graduation, and what they share."""
