"""How the shipped weights were made: data, training, export. Needs the extra `train`; never imported by the service."""
