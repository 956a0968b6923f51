"""What changes something, each only when the user asks for that very change."""
