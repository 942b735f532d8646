"""How fast the portal is beside plainer ways, measured in one run on one machine: `make bench`, or `python -m bench`."""
