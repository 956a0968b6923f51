"""Real conda environments for the tests: real wheels, a real CPython, a real installer, damaged by real pip."""
