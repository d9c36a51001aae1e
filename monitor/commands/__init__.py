"""What a person can ask the service to do, one file a subject; handlers.py finds who does it, here or in `run`."""
