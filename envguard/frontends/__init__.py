"""Thin: read options, call `envguard.api`, give the report to a renderer, show it. Nothing here judges."""
