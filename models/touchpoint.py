"""Touchpoints: where the customer met the brand, by the descriptions of the taxonomy. Several, or none."""

from models.base import Setup
from models.described import Described, version
from models.topic import Topics


def scorer(setup: Setup) -> Topics:
    """The scorer over the touchpoints of this taxonomy."""
    described = Described.of(setup.taxonomy.touchpoints, setup)
    return Topics(described, setup.languages, setup.taught, version(setup, "touchpoints"), name="touchpoints")
