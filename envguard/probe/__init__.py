"""What is there. Standard library only, Python 3.8 and later; each file runs alone in any interpreter."""
