"""Ways in which environments break, each built for real from a seed, and the real cases that each of them covers."""
