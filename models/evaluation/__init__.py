"""How right the scorers are on lines whose answers are known: read, ask, measure, compare, draw."""
