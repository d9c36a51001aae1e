"""Words that say too little alone: the commonest words of English, and brands' names that are everyday words."""

from __future__ import annotations

_COMMON = """
a about after again all also am an and any are as at back be because been before best better big but by call can come
could day did do does down even every few find first for free from get give go good great had has have he help her here
him his home how i if in into is it its just keep know last life like little long look love made make man many me more
most much my need never new next nice no not now of off old on one only open or other our out over people place plan
play please real really right said same say see service she should show simple small so some start still stop such
support take talk team tell test than thank that the their them then there these they thing think this time to today too
top try two up us use very view want was way we week well went were what when where which while who why will with
without work world would year yes you your
"""
_NAMES = """
ace alphabet always amazon apple arc arm avalanche axe bird block blue bolt boost boots bounty box brave breeze bumble
canvas case cash caterpillar champion chase chime chrome circle clear cloud coach comet compass converse core corona
cosmos crest dash dawn delta diesel discord dove drift ease echo eclipse edge element ember epic express fable fairy
fidelity firefly flex ford forge fossil fox galaxy gap gateway gemini general giant glass globe gold grab guess
harvest heart heat hinge honey icon indeed insight jaguar joy juice jumbo leap lemonade level linear loom loop lotus
lush magnet mango mars match max medium mercury meta metro mini mint monday monster moon moss motion mustang native
nest next notion nova oak oasis omega opera oracle orange origin oval palm patch peak pearl pebble phoenix pilot
pioneer pixel polo prime promise pulse puma quest ram range ranger raven reach red refresh relay ring ripple river
robin rocket root rover saga sage saturn scout seat sense shape shell signal sky slack slice smart snap sonic spark
spectrum sphere spirit splash spring sprint sprite square stable staples star stripe subway summit sun surface swift
switch tab target teams tempo thrive tide tiger titan torch total trek triumph tube twist twitch unity upstart
vanguard venture vine virgin visa vision vista volt wave wise wish wolf word zip zoom
"""

EVERYDAY = frozenset((_COMMON + _NAMES).split())
