"""What has to be translated, found in the sources, and the catalogs that hold the translations."""
