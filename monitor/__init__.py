"""The service: collects, matches, stores, scores and tells. Read pipeline.py first."""
