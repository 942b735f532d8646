"""What every run of the disposal certifies."""
