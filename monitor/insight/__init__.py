"""What the counts say: how many, how good or bad, how usual, and what is said again and again. Pure: numbers in,
numbers out.
"""
